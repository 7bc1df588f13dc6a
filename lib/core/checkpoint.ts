/** Activations that are computed again in the backward pass instead of being kept. */
import type { DType } from './dtype.js';
import { ConvoltError } from './errors.js';
import { converted } from './gradient_memory.js';
import { startObserving, updatedInputs } from './run.js';
import { keep, scope } from './scope.js';
import { again, isRecording, newestNode, nodesBelow, OpNode, propagate, recorded, type GradNode, type SavedTensor } from './tape.js';
import { Tensor } from './tensor.js';

/** A tensor that an op updates in place, and its contents before the first such op. */
interface Updated {
  tensor: Tensor<DType>;
  before: Tensor<DType>;
}

/** Runs `fn` and keeps what the tensors that it updates in place (random and running statistics) were before. */
function watchUpdates<T>(fn: () => T): { result: T; updates: Updated[] } {
  const found = new Map<Tensor<DType>, Updated>();
  const stop = startObserving({
    before: (name, inputs) => {
      for (const input of updatedInputs(name)) {
        const tensor = inputs[input];
        if (tensor && !found.has(tensor)) found.set(tensor, { tensor, before: keep(converted(tensor, tensor.dtype)) });
      }
    },
  });
  try {
    return { result: fn(), updates: [...found.values()] };
  } finally {
    stop();
  }
}

/** Runs `fn` with these tensors as they were before; afterwards they are what they are now. */
function withUpdatesUndone<T>(updates: readonly Updated[], fn: () => T): T {
  const live = updates.filter(({ tensor }) => !tensor.isDisposed);
  const now = live.map(({ tensor }) => tensor.alias());
  for (const { tensor, before } of live) tensor.adopt(converted(before, before.dtype));
  try {
    return fn();
  } finally {
    for (const [i, { tensor }] of live.entries()) tensor.adopt(now[i]!);
  }
}

/**
 * Runs `fn` on the inputs without keeping what its ops save for their gradients: the backward pass runs it a second time.
 * What a block of layers needs is so in memory for one block at a time. Dropout draws the same numbers again, and
 * running statistics are moved once only. Parameters that `fn` uses by name have their gradients as ever.
 *
 * T. Chen et al., "Training deep nets with sublinear memory cost", arXiv:1604.06174.
 *
 * @param fn from the inputs to one tensor; computes the same whenever it is called, and changes nothing outside.
 * @param inputs of any shapes.
 * @returns what fn returns.
 * @throws ERR_ARGUMENT if fn does not return a tensor, or in the backward pass if fn returns another shape then.
 */
export function checkpoint(fn: (...inputs: Tensor[]) => Tensor, inputs: readonly Tensor[]): Tensor {
  const before = newestNode();
  const isOutside = (node: GradNode): boolean => node.id <= before;
  const { result, updates } = watchUpdates(() => scope(() => fn(...inputs)));
  if (!(result instanceof Tensor)) {
    throw new ConvoltError('ERR_ARGUMENT', `checkpoint: expected fn to return a tensor, but got ${typeof result}`);
  }
  if (!result.node || isOutside(result.node)) {
    for (const update of updates) update.before.dispose();
    return result;
  }
  const parents = nodesBelow(result.node, isOutside).filter(isOutside), ends = new Set(parents);
  const kept = inputs.map((input): SavedTensor => ({ tensor: input.alias(), origin: input.node }));
  const shape = result.shape.join(',');

  /** The gradients of all parents: fn runs again, on the inputs with their places in the graph, and backward up to these. */
  function gradients(dy: Tensor): Map<GradNode, Tensor> {
    const createGraph = isRecording(), found = new Map<GradNode, Tensor>();
    for (const { tensor, origin } of kept) tensor.node = origin as GradNode | null;
    try {
      const y = withUpdatesUndone(updates, () => recorded(() => fn(...kept.map(({ tensor }) => tensor as Tensor))));
      if (!y.node || y.shape.join(',') !== shape) {
        throw new ConvoltError('ERR_ARGUMENT', `checkpoint: expected fn to compute [${shape}] again, but got [${y.shape.join(',')}]`);
      }
      propagate(y.node, again(dy), createGraph, (end, gradient) => found.set(end, again(gradient)), ends);
    } finally {
      for (const { tensor } of kept) tensor.node = null;
    }
    return found;
  }

  let shared: { dy: Tensor; found: Map<GradNode, Tensor> } | undefined; // of the running backward pass
  const output = result.detach();
  const saved = [...kept, ...updates.map(({ before: tensor }): SavedTensor => ({ tensor, origin: null }))];
  output.node = new OpNode(
    'checkpoint',
    parents,
    (input, dy) => {
      if (shared?.dy !== dy) shared = { dy, found: gradients(dy) };
      const gradient = shared.found.get(parents[input]!);
      if (!gradient) throw new ConvoltError('ERR_ARGUMENT', 'checkpoint: expected fn to use the same tensors again, but it did not');
      return gradient;
    },
    saved,
  );
  result.dispose();
  return output;
}
