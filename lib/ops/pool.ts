/** What max and average pooling check and infer alike. */
import { shapeText } from '../core/shape.js';
import type { Tensor } from '../core/tensor.js';
import { argumentError, checkRank, checkSameFloats } from './arguments.js';
import { inputLayout, perAxis, windowAxes, windowParams, type PerAxis, type WindowAxis, type WindowOptions } from './window.js';

/** The geometry of a pooling over `axes` spatial axes. The stride is by default the kernel. */
export function poolWindows(
  op: string,
  axes: number,
  x: Tensor,
  options: WindowOptions & { kernel: PerAxis },
  ceilMode = false,
): WindowAxis[] {
  checkSameFloats(op, { x });
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

/** The parameters of a pooling of x; those of average and Lp pooling are as they are without their options. */
export function poolParams(x: Tensor, windows: readonly WindowAxis[]) {
  const [d, h, w] = [windows.at(-3), windows.at(-2), windows.at(-1)];
  const n = x.shape[0]!, c = x.shape.at(-1)!;
  const after = { afterD: d?.after ?? 0, afterH: h?.after ?? 0, afterW: w?.after ?? 0 };
  return { ...windowParams(windows), n, c, ...after, countPadding: 0, divisor: 0, norm: 0 };
}

/** The shape of a pooling of x. */
export function pooledShape(x: Tensor, windows: readonly WindowAxis[]): number[] {
  return [x.shape[0]!, ...windows.map(({ output }) => output), x.shape.at(-1)!];
}
