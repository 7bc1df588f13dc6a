import { avgPool1d, avgPool2d, avgPool3d, maxPool1d, maxPool2d, maxPool3d, max, mean } from '../../../lib/ops/index.js';
import { numel } from '../../../lib/core/shape.js';
import type { Tensor } from '../../../lib/core/tensor.js';
import { image, type Call, type Operators } from '../call.js';
import { Skip } from '../model.js';
import { windowAttributes, type WindowAttributes } from './window.js';

const maxPools = [maxPool1d, maxPool2d, maxPool3d];
const avgPools = [avgPool1d, avgPool2d, avgPool3d];

/** Convolt remembers the place of a maximum in a byte. Larger windows are pooled along one axis after another. */
const mostElements = 256;

function maxPool(call: Call): Tensor {
  const spatial = call.shape(0).slice(2), axes = spatial.length, pool = maxPools[axes - 1]!;
  const window = windowAttributes(call, spatial, call.list('kernel_shape')!);
  checkPadding(window);
  const ceilMode = call.number('ceil_mode', 0) === 1;
  if (numel(window.kernel) <= mostElements) return pool(call.image(0), { ...window, ceilMode });
  let x = call.image(0);
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

/** Torch's rule, which convolt follows, and ONNX does not have. */
function checkPadding({ kernel, dilation, padding }: WindowAttributes): void {
  const isWide = padding.some((pair, axis) => Math.max(...pair) > Math.floor((dilation[axis]! * (kernel[axis]! - 1) + 1) / 2));
  if (isWide) throw new Skip('pooling with padding of more than half a window');
}

export const pooling: Operators = {
  MaxPool(call) {
    if (call.outputCount > 1) throw new Skip('MaxPool with its places');
    return [image(maxPool(call))];
  },
  AveragePool(call) {
    const spatial = call.shape(0).slice(2);
    const window = windowAttributes(call, spatial, call.list('kernel_shape')!);
    checkPadding(window);
    const { kernel, stride, padding } = window;
    const countPadding = call.number('count_include_pad', 0) === 1;
    return [image(avgPools[spatial.length - 1]!(call.image(0), { kernel, stride, padding, countPadding, ceilMode: call.number('ceil_mode', 0) === 1 }))];
  },
  GlobalMaxPool(call) {
    return [max(call.floats(0), { axes: call.shape(0).slice(2).map((_, i) => i + 2), keepDims: true })];
  },
  GlobalAveragePool(call) {
    return [mean(call.floats(0), { axes: call.shape(0).slice(2).map((_, i) => i + 2), keepDims: true })];
  },
};
