import type { Padding, PerAxis } from '../ops/index.js';
import { perAxis, windowAxes } from '../ops/window.js';

export interface OutputSizeOptions {
  kernel: PerAxis;
  /** Default 1. */
  stride?: PerAxis | undefined;
  /** Default 0. */
  padding?: Padding | undefined;
  /** Default 1. */
  dilation?: PerAxis | undefined;
  /** Whether what is left over at the end of an axis gets a window of its own. Default false. */
  ceilMode?: boolean | undefined;
}

/**
 * How many windows of a convolution or pooling fit along each spatial axis:
 * floor((n + before + after - dilation * (kernel - 1) - 1) / stride) + 1.
 *
 * V. Dumoulin, F. Visin, "A guide to convolution arithmetic for deep learning", arXiv:1603.07285.
 *
 * @param spatial the extents of the input, like [28,28].
 * @returns those of the output.
 * @throws ERR_ARGUMENT if an option is malformed or a window does not fit.
 */
export function outputSize(spatial: readonly number[], { kernel, ceilMode = false, ...options }: OutputSizeOptions): number[] {
  const input = { spatial, kernel: perAxis('outputSize', 'kernel', kernel, spatial.length), x: spatial };
  return windowAxes('outputSize', input, options, ceilMode).map(({ output }) => output);
}
