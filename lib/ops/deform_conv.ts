/** Deformable convolution: every element of a window is read at a place of its own. */
import { scope } from '../core/scope.js';
import { shapeText, type Shape } from '../core/shape.js';
import { tensor, type Tensor } from '../core/tensor.js';
import { argumentError, checkFloats, checkRank, checkVector, valueText } from './arguments.js';
import { conv1d } from './conv.js';
import { add } from './elementwise.js';
import { linear } from './matmul.js';
import { permute } from './permute.js';
import { borders, samplePixels } from './taps.js';
import { mostStep, windowAxes, type Padding, type PerAxis, type WindowAxis } from './window.js';

export interface DeformConv2dOptions {
  /** [K], added to each output. Default none. */
  bias?: Tensor | undefined;
  /** [N,P,Q,G*R*S], a factor of each element that a window reads. Default 1. */
  mask?: Tensor | undefined;
  /** Default 1. */
  stride?: PerAxis | undefined;
  /** Zeros around x. Default 0. */
  padding?: Padding | undefined;
  /** Distance between the elements that one window reads, before their offsets. Default 1. */
  dilation?: PerAxis | undefined;
  /** Channels and filters are split into so many groups that do not see each other. Default 1. */
  groups?: number | undefined;
}

/** Where the windows of one axis would read without offsets: output by output, element by element. */
function places({ output, kernel, stride, dilation, before }: WindowAxis): number[] {
  return Array.from({ length: output * kernel }, (_, i) => Math.floor(i / kernel) * stride - before + (i % kernel) * dilation);
}

/** Places of all windows of an image without offsets, [P*Q*R*S,1,2] of row and column. */
function windowPlaces(rows: WindowAxis, columns: WindowAxis, like: Tensor): Tensor {
  const { output: p, kernel: r } = rows, { output: q, kernel: s } = columns;
  const device = like.device;
  const down = tensor(places(rows).flatMap((row) => [row, 0]), { shape: [p, 1, r, 1, 2], device });
  const across = tensor(places(columns).flatMap((column) => [0, column]), { shape: [1, q, 1, s, 2], device });
  return add(down, across).reshape([p * q * r * s, 1, 2]);
}

/** Numbers [N,P,Q,G*R*S*size], reordered to [N,P*Q*R*S,G,size]: the groups of a pixel's channels side by side. */
function groupsInside(x: Tensor, { n, windows, groups, elements }: { n: number; windows: number; groups: number; elements: number }, size: number): Tensor {
  const shape = [n, windows * elements, groups, size];
  return groups === 1 ? x.reshape(shape) : permute(x.reshape([n, windows, groups, elements, size]), [0, 1, 3, 2, 4]).reshape(shape);
}

function checkShape(name: string, value: Tensor, expected: Shape, why: string): void {
  if (value.shape.some((extent, axis) => extent !== expected[axis])) {
    throw argumentError('deformConv2d', `expected ${name} to have shape ${shapeText(expected)}, ${why}, but got ${shapeText(value.shape)}`);
  }
}

/**
 * Deformable convolution, with a factor for each element if there is a mask (version 2):
 *
 *     y[n,p,q,k] = bias[k] + sum over r, s, c of mask[n,p,q,g,r,s] * weight[k,r,s,c] *
 *                  x(n, p * stride + r * dilation - before + offset[n,p,q,g,r,s,0],
 *                       q * stride + s * dilation - before + offset[n,p,q,g,r,s,1])[c]
 *
 * where x between pixels is interpolated linearly, with zeros outside, and g is the offset group of channel c: the G groups
 * that the last axis of `offset` has room for share the channels out. A place that is NaN is outside.
 *
 * J. Dai et al., "Deformable convolutional networks", arXiv:1703.06211; X. Zhu et al., "Deformable ConvNets v2",
 * arXiv:1811.11168; as torchvision.ops.deform_conv2d.
 *
 * @param x float32 [N,H,W,C].
 * @param offset float32 [N,P,Q,G*R*S*2]: for each group and element of the kernel, rows and columns to move by.
 * @param weight float32 [K,R,S,C/groups]: K filters.
 * @returns [N,P,Q,K].
 * @throws ERR_ARGUMENT if shapes, types, devices or options do not fit together.
 */
export function deformConv2d(x: Tensor, offset: Tensor, weight: Tensor, options: DeformConv2dOptions = {}): Tensor {
  const { bias, mask, groups = 1 } = options, name = 'deformConv2d';
  checkFloats(name, { x, offset, weight }, { bias, mask });
  checkRank(name, 'x', x, 4, '[N,H,W,C]');
  checkRank(name, 'offset', offset, 4, '[N,P,Q,G*R*S*2]');
  checkRank(name, 'weight', weight, 4, '[K,R,S,C/groups]');
  const [n, , , c] = x.shape as readonly [number, number, number, number];
  const [k, r, s, channels] = weight.shape as readonly [number, number, number, number];
  const given = `x ${shapeText(x.shape)}, weight ${shapeText(weight.shape)}`;
  if (!Number.isSafeInteger(groups) || groups < 1 || groups > mostStep) {
    throw argumentError(name, `expected groups to be a whole number from 1 to ${mostStep}, but got ${valueText(groups)}`);
  }
  if (channels * groups !== c || k % groups !== 0) {
    throw argumentError(name, `expected groups to divide the filters, and the channels of x into those of weight, but got ${groups} (${given})`);
  }
  if (r * s === 0) throw argumentError(name, `expected weight to have a kernel of at least 1 along each axis, but got ${shapeText(weight.shape)}`);
  checkVector(name, 'bias', bias, k, `one for each filter of weight ${shapeText(weight.shape)}`);
  const [rows, columns] = windowAxes(name, { spatial: x.shape.slice(1, -1), kernel: [r, s], x: x.shape }, options) as [WindowAxis, WindowAxis];
  const p = rows.output, q = columns.output, offsetGroups = offset.shape[3]! / (r * s * 2);
  checkShape('offset', offset, [n, p, q, offset.shape[3]!], `one for each output of ${given}`);
  if (!Number.isSafeInteger(offsetGroups) || offsetGroups < 1 || offsetGroups > mostStep || c % offsetGroups !== 0) {
    throw argumentError(
      name,
      `expected offset to end in ${r * s * 2} numbers for each of G groups that divide the ${c} channels of x, but got ${shapeText(offset.shape)}`,
    );
  }
  if (mask) {
    checkRank(name, 'mask', mask, 4, '[N,P,Q,G*R*S]');
    checkShape('mask', mask, [n, p, q, offsetGroups * r * s], `half as long as offset ${shapeText(offset.shape)}`);
  }
  const layout = { n, windows: p * q, groups: offsetGroups, elements: r * s };
  const flat = [n, p * q * r * s * offsetGroups];
  return scope(() => {
    const position = add(groupsInside(offset, layout, 2), windowPlaces(rows, columns, x)).reshape([...flat, 2]);
    const factor = mask && groupsInside(mask, layout, 1).reshape([...flat, 1]);
    const rule = { tapsPerAxis: 2, border: borders.zeros, normalized: 0, alignCorners: 0, widthFirst: 0, groups: offsetGroups } as const;
    const read = samplePixels(name, x, position, rule, [n * p * q, r * s, c], factor);
    const y =
      groups === 1
        ? linear(read.reshape([n * p * q, r * s * c]), weight.reshape([k, r * s * c]), bias ?? undefined)
        : conv1d(read, weight.reshape([k, r * s, channels]), { bias, groups });
    return y.reshape([n, p, q, k]);
  });
}
