/** What max and average pooling check and infer alike. */
import { shapeText } from '../core/shape.js';
import type { Tensor } from '../core/tensor.js';
import { argumentError, checkFloats, checkRank } from './arguments.js';
import { inputLayout, perAxis, windowAxes, type PerAxis, type WindowAxis, type WindowOptions } from './window.js';

/** The geometry of a pooling over `axes` spatial axes. The stride is by default the kernel. */
export function poolWindows(
  op: string,
  axes: number,
  x: Tensor,
  options: WindowOptions & { kernel: PerAxis },
  ceilMode = false,
): WindowAxis[] {
  checkFloats(op, { x });
  checkRank(op, 'x', x, axes + 2, inputLayout(axes));
  const kernel = perAxis(op, 'kernel', options.kernel, axes);
  const { stride = kernel, padding, dilation } = options;
  const input = { spatial: x.shape.slice(1, -1), kernel, x: x.shape };
  const windows = windowAxes(op, input, { stride, padding, dilation }, ceilMode);
  for (const window of windows) {
    const reach = window.dilation * (window.kernel - 1) + 1;
    const most = Math.floor(reach / 2);
    const largest = Math.max(window.before, window.after);
    if (largest > most) {
      throw argumentError(
        op,
        `expected padding of at most half a window, which is ${most} for kernel ${shapeText(kernel)}, but got ${largest}`,
      );
    }
  }
  return windows;
}
