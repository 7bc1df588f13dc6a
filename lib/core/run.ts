import { nativeOps, type NativeOps, type OpLayout } from '../native.gen.js';
import { adapted, isAutocasting } from './autocast.js';
import type { Device } from './device.js';
import type { DType, Float } from './dtype.js';
import { ConvoltError, fromNative } from './errors.js';
import { native } from '../native.js';
import { runningLayer } from './layer.js';
import { checkRecordingDevice } from './recording.js';
import { track } from './scope.js';
import { shapeText, type Shape } from './shape.js';
import { Storage } from './storage.js';
import { refuseSecondGradient } from './tape.js';
import { Tensor } from './tensor.js';

/** Functions of colours by their numbers, as `recolor` takes them in a tensor. */
export { colorFunctions, type ColorFunction } from '../native.gen.js';

export type OpName = keyof NativeOps;
export type Params<N extends OpName> = NativeOps[N]['params'];
/** Tensors that a buffer may be: every float tensor has the one static type Tensor; the checks of an op tell them apart. */
type Given<B> = Tensor<B extends 'same' | 'any' ? DType : B extends 'float' | Float ? Float : Extract<B, DType>>;
type Tensors<Buffers> = { [K in keyof Buffers]: Given<Buffers[K]> };
export type Inputs<N extends OpName> = Tensors<NativeOps[N]['inputs']> & { [K in keyof Tensors<NativeOps[N]['optional']>]?: Tensors<NativeOps[N]['optional']>[K] | undefined };
export type Outputs<N extends OpName> = { [K in keyof NativeOps[N]['outputs']]: Tensor<NativeOps[N]['outputs'][K] extends 'same' ? DType : NativeOps[N]['outputs'][K] extends 'float' ? Float : Extract<NativeOps[N]['outputs'][K], DType>> };
export type InputName<N extends OpName> = Extract<keyof NativeOps[N]['inputs'] | keyof NativeOps[N]['optional'], string>;
export type OutputName<N extends OpName> = Extract<keyof NativeOps[N]['outputs'], string>;
export type OutputShapes<N extends OpName> = { [K in keyof NativeOps[N]['outputs']]: Shape };

// The block through which calls travel: longer than any op's inputs and parameters.
const ints = new Int32Array(64);
const floats = new Float32Array(ints.buffer);
native.bind(ints);

/** A native op that has been called: what a profiler, a summary or a search for NaN sees. */
export interface RunRecord {
  name: OpName;
  params: Params<OpName>;
  inputs: Readonly<Record<string, Tensor<DType> | undefined>>;
  outputs: Readonly<Record<string, Tensor<DType>>>;
}

/** What {@link startObserving} takes. */
export interface RunObserver {
  /** Told of an op and its inputs before it runs. */
  before?: (name: OpName, inputs: RunRecord['inputs']) => void;
  /** Told of an op that has been put into its stream. */
  after?: (record: RunRecord) => void;
}

let observers: readonly RunObserver[] = [];

/** Tells an observer of every native op from now on, before observers that came earlier. Returns what ends it. @internal */
export function startObserving(observer: RunObserver): () => void {
  observers = [observer, ...observers];
  return () => {
    observers = observers.filter((other) => other !== observer);
  };
}

/** Whether anyone is told of native ops. @internal */
export function isObserved(): boolean {
  return observers.length > 0;
}

/** Runs `fn` while `observe` is told of every native op, before observers from outside. Returns what fn returns. @internal */
export function observeRuns<T>(observe: (record: RunRecord) => void, fn: () => T): T {
  const stop = startObserving({ after: observe });
  try {
    return fn();
  } finally {
    stop();
  }
}

/** Runs `fn`, of whose native ops nobody is told. Returns what fn returns. @internal */
export function unobserved<T>(fn: () => T): T {
  const told = observers;
  observers = [];
  try {
    return fn();
  } finally {
    observers = told;
  }
}

const updated = new Map(
  native.manifest.map(({ name, inputs }) => [name, inputs.split(' ').flatMap((buffer) => /^(\w+)\??!/.exec(buffer)?.[1] ?? [])]),
);

/** The inputs that an op updates in place. @internal */
export function updatedInputs(name: OpName): readonly string[] {
  return updated.get(name) ?? [];
}

/**
 * Calls a native op: puts it into the stream of its inputs' device and returns its outputs. Nothing is
 * recorded for gradients; arguments have been checked by the caller.
 *
 * @param device needed by ops without inputs only.
 * @throws ERR_ARGUMENT where the gradient of a gradient is wanted: a gradient made by this function has none.
 */
export function run<N extends OpName>(name: N, inputs: Inputs<N>, params: Params<N>, shapes: OutputShapes<N>, device?: Device): Outputs<N> {
  refuseSecondGradient(inputs);
  if (!isAutocasting()) return call(name, inputs, params, shapes, device);
  const cast = adapted(name, inputs, false);
  const outputs = call(name, cast.inputs, params, shapes, device);
  for (const temporary of cast.made) temporary.dispose();
  return outputs;
}

/** An error for want of memory says what the op was called with, too. */
function withCall(error: ConvoltError, name: OpName, inputs: RunRecord['inputs']): ConvoltError {
  if (error.code !== 'ERR_OUT_OF_MEMORY') return error;
  const layer = runningLayer();
  const shapes = Object.entries(inputs).flatMap(([input, value]) => (value ? [`${input} ${shapeText(value.shape)}`] : []));
  return new ConvoltError(error.code, `${error.message}; ${name}${layer ? ` of layer ${layer}` : ''} was called with ${shapes.join(', ') || 'no tensors'}`, { cause: error });
}

/** What {@link run} does, for ops that record their own gradients. @internal */
export function call<N extends OpName>(name: N, inputs: Inputs<N>, params: Params<N>, shapes: OutputShapes<N>, device?: Device): Outputs<N> {
  const layout: OpLayout<N> = nativeOps[name];
  const given: { [K in InputName<N>]?: Tensor<DType> | undefined } = inputs;
  for (const observer of observers) observer.before?.(name, given);
  let at = 0;
  let float: Float | undefined; // of the buffers that are of any float type
  let same: DType | undefined; // of those that are of one type of any kind
  for (const [input, type] of layout.inputs) {
    const storage = given[input as InputName<N>]?.storage;
    device ??= storage?.device;
    if (type === 'float') float ??= storage?.dtype as Float | undefined;
    else if (type === 'same') same ??= storage?.dtype;
    ints[at++] = storage ? storage.handle : 0;
  }
  if (!device) throw new ConvoltError('ERR_INTERNAL', `internal: ${name} was called without a device`);
  checkRecordingDevice(name, device);
  layout.pack(params, at, ints, floats);
  try {
    native.run(layout.id, device.id);
  } catch (error) {
    throw withCall(fromNative(error), name, given);
  }
  for (const input of updatedInputs(name)) given[input as InputName<N>]?.storage.noteUpdate();
  const outputs: { [K in OutputName<N>]?: Tensor<DType> } = {};
  at = 0;
  for (const [output, type] of layout.outputs) {
    const dtype = type === 'float' ? (float ?? 'float32') : type === 'same' ? (same ?? 'float32') : (type as DType);
    outputs[output as OutputName<N>] = track(new Tensor(new Storage(ints[at++] ?? 0, device, dtype), shapes[output], dtype));
  }
  for (const observer of observers) observer.after?.({ name, params, inputs: given, outputs: outputs as Record<string, Tensor<DType>> });
  return outputs as Outputs<N>;
}
