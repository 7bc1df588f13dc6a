/** The attributes that convolution and pooling share. */
import type { Call } from '../call.js';

export interface WindowAttributes {
  kernel: number[];
  stride: number[];
  dilation: number[];
  padding: [number, number][];
}

/** Padding that makes the output ceil(input / stride) long; an odd one goes behind, or with `lower` in front. */
function samePadding(input: number, kernel: number, stride: number, dilation: number, lower: boolean): [number, number] {
  const total = Math.max((Math.ceil(input / stride) - 1) * stride + dilation * (kernel - 1) + 1 - input, 0);
  const less = Math.floor(total / 2);
  return lower ? [total - less, less] : [less, total - less];
}

/** @param spatial the extents of x along the axes that windows slide over. */
export function windowAttributes(call: Call, spatial: readonly number[], kernel: number[]): WindowAttributes {
  const stride = call.list('strides') ?? spatial.map(() => 1);
  const dilation = call.list('dilations') ?? spatial.map(() => 1);
  const pads = call.list('pads') ?? [...spatial, ...spatial].map(() => 0);
  const mode = call.text('auto_pad', 'NOTSET');
  const padding = spatial.map((input, axis): [number, number] => {
    if (mode === 'VALID') return [0, 0];
    if (mode === 'NOTSET') return [pads[axis]!, pads[axis + spatial.length]!];
    return samePadding(input, kernel[axis]!, stride[axis]!, dilation[axis]!, mode === 'SAME_LOWER');
  });
  return { kernel, stride, dilation, padding };
}
