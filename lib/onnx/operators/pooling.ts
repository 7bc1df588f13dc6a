import { add, affine, avgPool1d, avgPool2d, avgPool3d, cast, div, floor, maxPool1d, maxPool2d, maxPool3d, maxUnpool1d, maxUnpool2d, maxUnpool3d, max, mean, ones, pad, sub } from '../../ops/index.js';
import { numel } from '../../core/shape.js';
import { tensor, type Tensor } from '../../core/tensor.js';
import { channelsLast, image, type Call, type Operators } from '../call.js';
import { Unsupported } from '../model.js';
import { windowAttributes, type WindowAttributes } from './window.js';

const maxUnpools = [maxUnpool1d, maxUnpool2d, maxUnpool3d];
const maxPools = [maxPool1d, maxPool2d, maxPool3d];
const avgPools = [avgPool1d, avgPool2d, avgPool3d];

/** Convolt remembers the place of a maximum in a byte. Larger windows are pooled along one axis after another. */
const mostElements = 256;

function maxPool(call: Call): Tensor {
  const spatial = call.shape(0).slice(2), axes = spatial.length, pool = maxPools[axes - 1]!;
  const ceilMode = call.number('ceil_mode', 0) === 1;
  const { x: image, window } = withOwnPadding(call.image(0), windowAttributes(call, spatial, call.list('kernel_shape')!), -Infinity);
  if (numel(window.kernel) <= mostElements) return pool(image, { ...window, ceilMode });
  let x = image;
  for (const [axis, extent] of window.kernel.entries()) {
    const only = <T>(value: T, other: T) => spatial.map((_, i) => (i === axis ? value : other));
    x = pool(x, {
      kernel: only(extent, 1),
      stride: only(window.stride[axis]!, 1),
      dilation: only(window.dilation[axis]!, 1),
      padding: only(window.padding[axis]!, [0, 0]),
      ceilMode,
    });
  }
  return x;
}

/** Padding of more than half a window, which ONNX has and convolt has not, becomes part of the image. */
function withOwnPadding(x: Tensor, window: WindowAttributes, value: number): { x: Tensor; window: WindowAttributes } {
  const { kernel, dilation, padding } = window;
  const isWide = padding.some((pair, axis) => Math.max(...pair) > Math.floor((dilation[axis]! * (kernel[axis]! - 1) + 1) / 2));
  if (!isWide) return { x, window };
  return { x: pad(x, [0, ...padding, 0], { value }), window: { ...window, padding: padding.map(() => [0, 0]) } };
}

/** Places in a plane counted along its columns, from those along its rows. */
function alongColumns(places: Tensor, [h = 1, w = 1]: readonly number[]): Tensor {
  const row = floor(affine(places, { scale: 1 / w, shift: 0.5 / w }));
  return sub(affine(places, { scale: h }), affine(row, { scale: h * w - 1 }));
}

/** Where the plane [H,W] of each image and channel begins in ONNX's order, [N,1,...,C]. */
function planeStarts(call: Call, [n = 0, c = 0, ...spatial]: readonly number[]): Tensor {
  const starts = Float32Array.from({ length: n * c }, (_, i) => i * numel(spatial));
  return tensor(starts, { shape: [n, ...spatial.map(() => 1), c], device: call.device });
}

/** The axes of an image [N,...,C] that pooling goes over. */
function places(call: Call): number[] {
  return call.shape(0).slice(2).map((_, i) => i + 1);
}

export const pooling: Operators = {
  MaxPool(call) {
    if (call.outputCount === 1) return [image(maxPool(call))];
    const shape = call.shape(0), spatial = shape.slice(2), countsColumns = call.number('storage_order', 0) === 1;
    if (countsColumns && spatial.length !== 2) throw new Unsupported('MaxPool with places that count along columns of what is no plane');
    const window = windowAttributes(call, spatial, call.list('kernel_shape')!);
    const { y, indices } = maxPools[spatial.length - 1]!(call.image(0), { ...window, returnIndices: true });
    const places = cast(indices, 'float32');
    return [image(y), image(add(countsColumns ? alongColumns(places, spatial) : places, planeStarts(call, shape)))];
  },
  MaxUnpool(call) {
    const shape = call.shape(0), spatial = shape.slice(2);
    const { kernel, stride, padding } = windowAttributes(call, spatial, call.list('kernel_shape')!);
    // Places count all elements of the image that was pooled, without padding; a larger shape has zeros behind it.
    const from = spatial.map((size, i) => (size - 1) * stride[i]! + kernel[i]! - padding[i]![0] - padding[i]![1]);
    const to = call.numbers(2)?.slice(2) ?? from;
    const { type, data } = call.host(1);
    const planes = channelsLast({ type, shape, data: data.map((place) => place % numel(from)) });
    const y = maxUnpools[spatial.length - 1]!(call.image(0), call.upload32(planes), { kernel, stride, outputSize: from });
    return [image(pad(y, [0, ...to.map((size, i): [number, number] => [0, size - from[i]!]), 0]))];
  },
  AveragePool(call) {
    const spatial = call.shape(0).slice(2), x = call.image(0);
    const attributes = windowAttributes(call, spatial, call.list('kernel_shape')!);
    const countPadding = call.number('count_include_pad', 0) === 1, ceilMode = call.number('ceil_mode', 0) === 1;
    const mean = (image: Tensor) => {
      const { x, window } = withOwnPadding(image, attributes, 0);
      const { kernel, stride, padding } = window;
      return avgPools[spatial.length - 1]!(x, { kernel, stride, padding, countPadding, ceilMode });
    };
    // Zeros that became part of the image are counted out by the share that the image has of each window.
    const isCountedOut = !countPadding && withOwnPadding(x, attributes, 0).x !== x;
    return [image(isCountedOut ? div(mean(x), mean(ones(x.shape, { device: call.device }))) : mean(x))];
  },
  GlobalMaxPool: (call) => [image(max(call.image(0), { axes: places(call), keepDims: true }))],
  GlobalAveragePool: (call) => [image(mean(call.image(0), { axes: places(call), keepDims: true }))],
};
