/** Images sampled where a grid says, and grids of affine maps: what spatial transformers are made of. */
import { scope } from '../core/scope.js';
import { numel, shapeText } from '../core/shape.js';
import { tensor, type Tensor } from '../core/tensor.js';
import { argumentError, checkChoice, checkFloats, checkMapped, isList, valueText } from './arguments.js';
import { add, mul } from './elementwise.js';
import { split } from './slice.js';
import { borders, samplePixels } from './taps.js';

export interface GridOptions {
  /** Whether -1 and 1 are the centres of the outermost pixels instead of their outer edges. Default false. */
  alignCorners?: boolean | undefined;
}

export interface GridSampleOptions extends GridOptions {
  /** How pixels are weighted; 'bilinear' is trilinear in 3-D, and 'bicubic' is for 2-D only. Default 'bilinear'. */
  mode?: 'bilinear' | 'nearest' | 'bicubic' | undefined;
  /** What lies outside of an image: zeros, its outermost pixels, or its mirror image, again and again. Default 'zeros'. */
  paddingMode?: 'zeros' | 'border' | 'reflection' | undefined;
}

const tapsPerAxis = { nearest: 1, bilinear: 2, bicubic: 4 } as const;

/**
 * x at the positions of a grid; in 2-D, with weights that fall off with the distance from the pixel,
 *
 *     y[n,p,q,c] = sum over h, w of weight(u - w) * weight(v - h) * x[n,h,w,c],
 *     u = ((grid[n,p,q,0] + 1) * W - 1) / 2, v = ((grid[n,p,q,1] + 1) * H - 1) / 2
 *
 * or, with alignCorners, u = (grid[n,p,q,0] + 1) / 2 * (W - 1) and v likewise. 'bilinear': weight(s) = max(0, 1 - |s|);
 * 'nearest': the pixel closest to u, v, of two as close the even one; 'bicubic': cubic convolution with a = -0.75. A position
 * that is NaN is outside of the image. `torch.nn.functional.grid_sample`.
 *
 * M. Jaderberg et al., "Spatial transformer networks", arXiv:1506.02025; R. Keys, "Cubic convolution interpolation for
 * digital image processing", 1981.
 *
 * @param x float32 [N,H,W,C] or [N,D,H,W,C].
 * @param grid float32 [N,P,Q,2] of positions x, y, or [N,Z,P,Q,3] of x, y, z, from -1 to 1 over the image.
 * @returns [N,P,Q,C] or [N,Z,P,Q,C].
 * @throws ERR_ARGUMENT if shapes, types, devices or options do not fit together.
 */
export function gridSample(x: Tensor, grid: Tensor, options: GridSampleOptions = {}): Tensor {
  const { mode = 'bilinear', paddingMode = 'zeros', alignCorners = false } = options;
  checkFloats('gridSample', { x, grid });
  const axes = x.shape.length - 2;
  if (axes !== 2 && axes !== 3) {
    throw argumentError('gridSample', `expected x to have the axes [N,H,W,C] or [N,D,H,W,C], but got shape ${shapeText(x.shape)}`);
  }
  if (grid.shape.length !== axes + 2 || grid.shape[0] !== x.shape[0] || grid.shape.at(-1) !== axes) {
    const expected = `[${x.shape[0]},${axes === 2 ? 'P,Q' : 'Z,P,Q'},${axes}]`;
    throw argumentError('gridSample', `expected grid to have shape ${expected}, for x ${shapeText(x.shape)}, but got ${shapeText(grid.shape)}`);
  }
  checkChoice('gridSample', 'mode', mode, axes === 2 ? ['bilinear', 'nearest', 'bicubic'] : ['bilinear', 'nearest']);
  checkChoice('gridSample', 'paddingMode', paddingMode, ['zeros', 'border', 'reflection']);
  const rule = {
    tapsPerAxis: tapsPerAxis[mode],
    border: borders[paddingMode],
    normalized: 1,
    alignCorners: Number(alignCorners),
    widthFirst: 1,
  };
  const positions = grid.shape.slice(1, -1), shape = [...grid.shape.slice(0, -1), x.shape.at(-1)!];
  return scope(() => samplePixels('gridSample', x, grid.reshape([x.shape[0]!, numel(positions), axes]), rule, shape));
}

/** Where the pixels of an axis lie, from -1 to 1. */
function pixelCentres(extent: number, alignCorners: boolean): number[] {
  return Array.from({ length: extent }, (_, i) => {
    if (alignCorners) return extent === 1 ? 0 : (2 * i) / (extent - 1) - 1;
    return (2 * i + 1) / extent - 1;
  });
}

/**
 * The grid that {@link gridSample} moves the pixels of an image with, so that it undergoes an affine map; in 2-D,
 *
 *     y[n,p,q,i] = theta[n,i,0] * u[q] + theta[n,i,1] * v[p] + theta[n,i,2]
 *
 * where u and v are the pixels' centres from -1 to 1: u[q] = (2 q + 1) / Q - 1, or 2 q / (Q - 1) - 1 with alignCorners.
 * `torch.nn.functional.affine_grid`.
 *
 * M. Jaderberg et al., "Spatial transformer networks", arXiv:1506.02025.
 *
 * @param theta float32 [N,2,3], or [N,3,4] for three axes.
 * @param size the spatial extents of the result: [P,Q], or [Z,P,Q].
 * @returns [N,P,Q,2] of positions x, y, or [N,Z,P,Q,3] of x, y, z.
 * @throws ERR_ARGUMENT if theta and size do not fit together.
 */
export function affineGrid(theta: Tensor, size: readonly number[], { alignCorners = false }: GridOptions = {}): Tensor {
  checkFloats('affineGrid', { theta });
  const axes = theta.shape[1];
  if (theta.shape.length !== 3 || (axes !== 2 && axes !== 3) || theta.shape[2] !== axes + 1) {
    throw argumentError('affineGrid', `expected theta to have shape [N,2,3] or [N,3,4], but got ${shapeText(theta.shape)}`);
  }
  if (!isList(size) || size.length !== axes || !size.every((extent) => Number.isSafeInteger(extent) && extent >= 0)) {
    throw argumentError(
      'affineGrid',
      `expected size to be a list of ${axes} whole numbers of at least 0, for theta ${shapeText(theta.shape)}, but got ${valueText(size)}`,
    );
  }
  checkMapped('affineGrid', 'size', size);
  return scope(() => {
    const [n = 0] = theta.shape, ones = size.map(() => 1);
    const columns = split(theta, 1, 2).map((column) => column.reshape([n, ...ones, axes]));
    // The terms are summed from the last spatial axis to the first: only the last sum is as large as the result.
    return size.reduceRight((sum, extent, axis) => {
      const centres = tensor(pixelCentres(extent, alignCorners), { shape: [...ones.map((one, at) => (at === axis ? extent : one)), 1], device: theta.device });
      return add(sum, mul(columns[axes - 1 - axis]!, centres));
    }, columns[axes]!);
  });
}
