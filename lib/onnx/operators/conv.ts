import { conv1d, conv2d, conv3d, convTranspose1d, convTranspose2d, convTranspose3d } from '../../ops/index.js';
import { image, type Operators } from '../call.js';
import { windowAttributes } from './window.js';

const byAxes = [conv1d, conv2d, conv3d];
const transposedByAxes = [convTranspose1d, convTranspose2d, convTranspose3d];

export const convolutions: Operators = {
  Conv(call) {
    const spatial = call.shape(0).slice(2), kernel = call.shape(1).slice(2);
    const { stride, dilation, padding } = windowAttributes(call, spatial, kernel);
    const bias = call.has(2) ? call.floats(2) : undefined;
    const options = { stride, dilation, padding, groups: call.number('group', 1), bias };
    return [image(byAxes[spatial.length - 1]!(call.image(0), call.image(1), options))];
  },
  /** The weight is [C,K/groups,...]. An output shape, or auto_pad, says how much to cut off. */
  ConvTranspose(call) {
    const spatial = call.shape(0).slice(2), kernel = call.shape(1).slice(2), axes = spatial.length;
    const stride = call.list('strides') ?? spatial.map(() => 1), dilation = call.list('dilations') ?? spatial.map(() => 1);
    const outputPadding = call.list('output_padding') ?? spatial.map(() => 0), pads = call.list('pads');
    const mode = call.text('auto_pad', 'NOTSET'), isSame = mode.startsWith('SAME');
    const wanted = call.list('output_shape') ?? (isSame ? spatial.map((size, i) => size * stride[i]!) : undefined);
    const padding = spatial.map((size, i): [number, number] => {
      if (!wanted) return [pads?.[i] ?? 0, pads?.[i + axes] ?? 0];
      const total = (size - 1) * stride[i]! + dilation[i]! * (kernel[i]! - 1) + 1 + outputPadding[i]! - wanted[i]!;
      const less = Math.floor(total / 2);
      return mode === 'SAME_UPPER' ? [less, total - less] : [total - less, less];
    });
    const cut = padding.map(([before, after]): [number, number] => [Math.max(before, 0), Math.max(after, 0)]);
    const added = padding.map(([before, after], i) => outputPadding[i]! - Math.min(before, 0) - Math.min(after, 0));
    const bias = call.has(2) ? call.floats(2) : undefined, groups = call.number('group', 1);
    const options = { stride, dilation, padding: cut, outputPadding: added, groups, bias };
    return [image(transposedByAxes[axes - 1]!(call.image(0), call.image(1), options))];
  },
};
