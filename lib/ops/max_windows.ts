/** The largest element of windows of any size: what adaptive, fractional, global and RoI max pooling have in common. */
import { op, type Op } from '../core/op.js';
import { numel, shapeText, type Shape } from '../core/shape.js';
import { tensor, type Tensor } from '../core/tensor.js';
import { argumentError, checkRank, checkSameFloats } from './arguments.js';
import { inputLayout } from './window.js';

/** What pooling gives with `returnIndices`. */
export interface WithIndices {
  y: Tensor;
  /** For each element of y, the place of the maximum in the image's plane, counted along its rows; int32, y's shape. */
  indices: Tensor<'int32'>;
}

/** An option of max pooling: also return where in x each maximum is. Default false. */
export interface IndicesOption {
  returnIndices?: boolean | undefined;
}
export interface WantsIndices extends IndicesOption {
  returnIndices: true;
}
export interface WantsNoIndices extends IndicesOption {
  returnIndices?: false | undefined;
}

/** The windows along one axis: from their first element to before their last, of which each dilation-th counts. */
export interface Spans {
  outputs: number;
  /**
   * int32 [rows,outputs,2]. A row is for all outputs, or one for each image of y, or one for each image and channel.
   * Undefined if the one window is the whole axis.
   */
  limits?: Tensor<'int32'> | undefined;
  dilation?: number | undefined;
}

export interface MaxWindowsOptions {
  /** int32 [M]: which image of x each image of y looks at. Default: its own. */
  image?: Tensor<'int32'> | undefined;
  /** The maximum of no elements. Default minus infinity. */
  empty?: number | undefined;
}

/** Most elements of an image's plane, since int32 counts them. */
const mostPositions = 2 ** 31 - 1;

/** Checks an argument of max pooling with `axes` spatial axes: a plane that is not empty, with places that fit into int32. */
export function checkPlane(name: string, x: Tensor, axes: number): void {
  checkSameFloats(name, { x });
  checkRank(name, 'x', x, axes + 2, inputLayout(axes));
  const plane = numel(x.shape.slice(1, -1));
  if (plane === 0) throw argumentError(name, `expected x to have elements along each spatial axis, but got shape ${shapeText(x.shape)}`);
  if (plane > mostPositions) {
    throw argumentError(name, `expected x to have at most ${mostPositions} elements in a plane, but got shape ${shapeText(x.shape)}`);
  }
}

/** The sizes of a side with images [N,inputs,C] and one with positions in their planes, [M,outputs,C]. */
export function planeParams(images: Shape, positions: Shape) {
  const n = images[0]!, m = positions[0]!, c = images.at(-1)!;
  return { n, inputs: numel(images.slice(1, -1)), m, outputs: numel(positions.slice(1, -1)), c };
}

const maxWindowsOp = op('max pooling', 'max_windows', {
  saves: ['position', 'image'],
  gradients: {
    x: (dy, { saved: { position, image }, shapes }) => {
      return scatterAdd({ dy, position, image }, planeParams(shapes.x, position.shape), { dx: shapes.x }).dx;
    },
    image: null,
    spanD: null,
    spanH: null,
    spanW: null,
  },
});

const scatterAdd: Op<'plane_scatter_add'> = op('the gradient of max pooling', 'plane_scatter_add', {
  saves: ['position', 'image'],
  gradients: {
    dy: (ddx, { saved: { position, image }, params, shapes }) => planeGather({ x: ddx, position, image }, params, { y: shapes.dy }).y,
    position: null,
    image: null,
  },
});

/** x [N,inputs,C] at positions [M,outputs,C] in its planes; 0 for those outside of it. */
export const planeGather: Op<'plane_gather'> = op('the values at indices', 'plane_gather', {
  saves: ['position', 'image'],
  gradients: {
    x: (dy, { saved: { position, image }, params, shapes }) => scatterAdd({ dy, position, image }, params, { dx: shapes.x }).dx,
    position: null,
    image: null,
  },
});

/** Spans that are known on the host, the same for all images and channels. */
export function fixedSpans(x: Tensor, limits: readonly (readonly [first: number, last: number])[], dilation = 1): Spans {
  const outputs = limits.length;
  return { outputs, limits: tensor(Int32Array.from(limits.flat()), { shape: [1, outputs, 2], device: x.device }), dilation };
}

/** Frees the limits of spans that were made for one call. */
export function disposeSpans(spans: readonly Spans[]): void {
  for (const { limits } of spans) limits?.dispose();
}

/**
 * The largest element of each window of x [N,...spatial,C].
 *
 * @param spans one for each spatial axis.
 * @returns y and indices [M,...outputs,C]. A window without elements has the index -1.
 */
export function maxWindows(x: Tensor, spans: readonly Spans[], { image, empty = -Infinity }: MaxWindowsOptions = {}): WithIndices {
  const whole: Spans = { outputs: 1 };
  const w = spans.at(-1) ?? whole, h = spans.at(-2) ?? whole, d = spans.at(-3) ?? whole;
  const spatial = x.shape.slice(1, -1);
  const n = x.shape[0]!, c = x.shape.at(-1)!, m = image ? image.numel : n;
  const y = [m, ...spans.map(({ outputs }) => outputs), c];
  const found = maxWindowsOp(
    { x, image, spanD: d.limits, spanH: h.limits, spanW: w.limits },
    {
      n, c, m, empty,
      d: spatial.at(-3) ?? 1, h: spatial.at(-2) ?? 1, w: spatial.at(-1)!,
      z: d.outputs, p: h.outputs, q: w.outputs,
      rowsD: d.limits?.shape[0] ?? 0, rowsH: h.limits?.shape[0] ?? 0, rowsW: w.limits?.shape[0] ?? 0,
      dilationD: d.dilation ?? 1, dilationH: h.dilation ?? 1, dilationW: w.dilation ?? 1,
    },
    { y, position: y },
  );
  return { y: found.y, indices: found.position };
}

/** What a pooling gives its caller: y alone, or also where its elements are from. */
export function pooled({ y, indices }: WithIndices, returnIndices: boolean | undefined): Tensor | WithIndices {
  if (returnIndices === true) return { y, indices };
  indices.dispose();
  return y;
}
