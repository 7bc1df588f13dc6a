/** A model's forward pass as a list of native ops, seen for two sizes of batch to tell which extents depend on it. */
import type { Device } from '../core/device.js';
import type { DType } from '../core/dtype.js';
import { ConvoltError } from '../core/errors.js';
import { runningLayer } from '../core/layer.js';
import { observeRuns, type OpName, type Params, type RunRecord } from '../core/run.js';
import { scope } from '../core/scope.js';
import { shapeText, type Shape } from '../core/shape.js';
import type { Storage } from '../core/storage.js';
import { noGrad } from '../core/tape.js';
import { Tensor } from '../core/tensor.js';
import { namingLayers, type Module } from '../nn/index.js';
import { zeros } from '../ops/index.js';

/** An operand or a result of an op. */
interface SeenTensor {
  storage: Storage;
  dtype: DType;
  shape: Shape;
}

/** The same, with what a second pass says of it. */
export interface TracedTensor extends SeenTensor {
  /** For each extent how much of it each image of the batch adds; 0 where it does not depend on the batch. */
  perImage: readonly number[];
  /** The tensor that it is a view of, from an element on, if it is one. */
  within?: { whole: TracedTensor; offset: number };
}

/** A native op of a forward pass, with tensors as `T`. */
interface OpOf<T> {
  name: OpName;
  params: Params<OpName>;
  /** The innermost layer that called it, '' for the model itself. */
  layer: string;
  inputs: Readonly<Record<string, T | undefined>>;
  outputs: Readonly<Record<string, T>>;
}

export type TracedOp = OpOf<TracedTensor>;

/** Tensors that no op of a pass made: parameters, buffers and tables. They are outside of every scope. */
type Given = Map<Storage, Tensor<DType>>;

export interface Trace {
  ops: TracedOp[];
  input: TracedTensor;
  output: TracedTensor;
  /** Whoever traces disposes them. */
  given: Given;
}

interface Pass {
  ops: OpOf<SeenTensor>[];
  input: SeenTensor;
  output: SeenTensor;
  given: Given;
}

/** Sizes of batches. Neither is 1, which broadcasting treats as it does no other. */
export const tracedBatch = 2;
const otherBatch = 3;

const seen = ({ storage, dtype, shape }: Tensor<DType>): SeenTensor => ({ storage, dtype, shape });

function allSeen(tensors: Readonly<Record<string, Tensor<DType> | undefined>>): Record<string, SeenTensor> {
  return Object.fromEntries(Object.entries(tensors).flatMap(([name, tensor]) => (tensor ? [[name, seen(tensor)]] : [])));
}

/** Runs a model on a batch of zeros. */
function pass(model: Module, inputShape: Shape, batch: number, device: Device | undefined): Pass {
  const owned = new Set([...model.namedTensors().values()].map((tensor) => tensor.storage));
  const ops: Pass['ops'] = [], given: Given = new Map(), made = new Set<Storage>();
  const note = (tensor: Tensor<DType>): void => {
    const { storage, dtype } = tensor, { within } = storage;
    if (made.has(storage) || given.has(storage)) return;
    if (!within || owned.has(storage)) {
      given.set(storage, tensor.alias());
    } else if (!made.has(within.storage) && !given.has(within.storage)) {
      given.set(within.storage, new Tensor(within.storage.retain(), within.shape, dtype));
    }
  };
  const observe = ({ name, params, inputs, outputs }: RunRecord): void => {
    for (const input of Object.values(inputs)) if (input) note(input);
    for (const output of Object.values(outputs)) made.add(output.storage);
    ops.push({ name, params, layer: runningLayer() ?? '', inputs: allSeen(inputs), outputs: allSeen(outputs) });
  };
  return scope(() =>
    noGrad(() => {
      const input = zeros([batch, ...inputShape.slice(1)], { device });
      made.add(input.storage);
      const output = observeRuns(observe, () => namingLayers(model, () => model.forward(input)));
      note(output);
      return { ops, input: seen(input), output: seen(output), given };
    }),
  );
}

/** What differs between the passes is the batch's. */
function traced(op: string, first: SeenTensor, second: SeenTensor): TracedTensor {
  const { within } = first.storage, other = second.storage.within;
  if (within && other) {
    const whole = traced(op, { ...first, ...within }, { ...second, ...other });
    return { ...first, perImage: first.shape.map(() => 0), within: { whole, offset: within.offset } };
  }
  const perImage = first.shape.map((extent, axis) => (second.shape[axis]! - extent) / (otherBatch - tracedBatch));
  const isLinear = perImage.every((slope, axis) => slope === 0 || slope * tracedBatch === first.shape[axis]);
  if (!isLinear || first.shape.length !== second.shape.length) {
    throw new ConvoltError(
      'ERR_ARGUMENT',
      `exportOnnx: expected every extent to be fixed or a multiple of the batch, but got ${shapeText(first.shape)} of ${op} ` +
        `for a batch of ${tracedBatch} and ${shapeText(second.shape)} for ${otherBatch}`,
    );
  }
  return { ...first, perImage };
}

function allTraced(op: string, first: OpOf<SeenTensor>['inputs'], second: OpOf<SeenTensor>['inputs']): Record<string, TracedTensor> {
  return Object.fromEntries(Object.entries(first).map(([name, tensor]) => [name, traced(op, tensor!, second[name] ?? tensor!)]));
}

/**
 * Traces a model, which is in evaluation meanwhile.
 *
 * @param inputShape with a batch, whose size does not matter.
 * @throws ERR_ARGUMENT if what the model computes depends on the size of the batch, and whatever the model throws.
 */
export function trace(model: Module, inputShape: Shape, device: Device | undefined): Trace {
  const training = [...model.modules()].map(([, module]) => [module, module.training] as const);
  model.eval();
  try {
    const first = pass(model, inputShape, tracedBatch, device), second = pass(model, inputShape, otherBatch, device);
    for (const tensor of second.given.values()) tensor.dispose();
    const same = first.ops.length === second.ops.length && first.ops.every(({ name }, i) => name === second.ops[i]!.name);
    if (!same) {
      for (const tensor of first.given.values()) tensor.dispose();
      throw new ConvoltError('ERR_ARGUMENT', 'exportOnnx: expected the model to call the same ops for batches of all sizes, but got others');
    }
    const ops = first.ops.map((op, i): TracedOp => {
      const { inputs, outputs } = second.ops[i]!;
      return { ...op, inputs: allTraced(op.name, op.inputs, inputs), outputs: allTraced(op.name, op.outputs, outputs) };
    });
    const input = traced('the input', first.input, second.input), output = traced('the output', first.output, second.output);
    return { ops, input, output, given: first.given };
  } finally {
    for (const [module, mode] of training) module.train(mode); // outer ones first, so that inner ones stay different
  }
}
