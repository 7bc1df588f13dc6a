import { nativeOps, type NativeOps, type OpLayout } from '../native.gen.js';
import type { Device } from './device.js';
import type { DType } from './dtype.js';
import { ConvoltError, fromNative } from './errors.js';
import { native } from '../native.js';
import { track } from './scope.js';
import type { Shape } from './shape.js';
import { Storage } from './storage.js';
import { Tensor } from './tensor.js';

export type OpName = keyof NativeOps;
export type Params<N extends OpName> = NativeOps[N]['params'];
type Tensors<Buffers> = { [K in keyof Buffers]: Tensor<Extract<Buffers[K], DType>> };
export type Inputs<N extends OpName> = Tensors<NativeOps[N]['inputs']> & { [K in keyof Tensors<NativeOps[N]['optional']>]?: Tensors<NativeOps[N]['optional']>[K] | undefined };
export type Outputs<N extends OpName> = Tensors<NativeOps[N]['outputs']>;
export type InputName<N extends OpName> = Extract<keyof NativeOps[N]['inputs'] | keyof NativeOps[N]['optional'], string>;
export type OutputName<N extends OpName> = Extract<keyof NativeOps[N]['outputs'], string>;
export type OutputShapes<N extends OpName> = { [K in keyof NativeOps[N]['outputs']]: Shape };

// The block through which calls travel: longer than any op's inputs and parameters.
const ints = new Int32Array(64);
const floats = new Float32Array(ints.buffer);
native.bind(ints);

/**
 * Calls a native op: puts it into the stream of its inputs' device and returns its outputs. Nothing is
 * recorded for gradients; arguments have been checked by the caller.
 *
 * @param device needed by ops without inputs only.
 */
export function run<N extends OpName>(name: N, inputs: Inputs<N>, params: Params<N>, shapes: OutputShapes<N>, device?: Device): Outputs<N> {
  const layout: OpLayout<N> = nativeOps[name];
  const given: { [K in InputName<N>]?: Tensor<DType> | undefined } = inputs;
  let at = 0;
  for (const [input] of layout.inputs) {
    const storage = given[input as InputName<N>]?.storage;
    device ??= storage?.device;
    ints[at++] = storage ? storage.handle : 0;
  }
  if (!device) throw new ConvoltError('ERR_INTERNAL', `internal: ${name} was called without a device`);
  layout.pack(params, at, ints, floats);
  try {
    native.run(layout.id, device.id);
  } catch (error) {
    throw fromNative(error);
  }
  const outputs: { [K in OutputName<N>]?: Tensor<DType> } = {};
  at = 0;
  for (const [output, dtype] of layout.outputs) {
    outputs[output as OutputName<N>] = track(new Tensor(new Storage(ints[at++] ?? 0, device, dtype), shapes[output], dtype));
  }
  return outputs as Outputs<N>;
}
