/** Ops whose gradient a user writes, in TypeScript. */
import type { Device } from './device.js';
import type { DType, Float } from './dtype.js';
import { ConvoltError } from './errors.js';
import { filled } from './gradient_memory.js';
import { scope } from './scope.js';
import { sameShape, shapeText, type Shape } from './shape.js';
import { noGrad, OpNode, wantsGradient, type SavedTensor } from './tape.js';
import { Tensor } from './tensor.js';

/** Keeps tensors until the backward pass: inputs, the output, or anything else. */
export type Save = (...tensors: Tensor<DType>[]) => void;

export interface CustomOp {
  /** What messages call it. */
  name: string;
  /** Computes the output. What happens inside is not recorded. */
  forward: (inputs: readonly Tensor[], save: Save) => Tensor;
  /**
   * Gives the gradient of each input, with its shape, or null for one without. Made of differentiable ops it has a
   * gradient itself, for which saved inputs and the saved output count as what they were.
   *
   * @param saved in the order in which they were saved.
   */
  backward: (dy: Tensor, saved: readonly Tensor[]) => readonly (Tensor | null)[];
}

/** What an input was, for its gradient. */
interface Given {
  shape: Shape;
  dtype: Float;
  device: Device;
}

function problem(name: string, text: string): ConvoltError {
  return new ConvoltError('ERR_ARGUMENT', `${name}: ${text}`);
}

function received(value: unknown): string {
  return value instanceof Tensor ? `${value.dtype} ${shapeText(value.shape)}` : value === null ? 'null' : typeof value;
}

function checkGradients(name: string, found: unknown, given: readonly Given[]): asserts found is readonly (Tensor | null)[] {
  if (!Array.isArray(found) || found.length !== given.length) {
    const count = Array.isArray(found) ? `${found.length}` : received(found);
    throw problem(name, `expected backward to return a list of ${given.length} gradients, one for each input, but got ${count}`);
  }
  for (const [i, { shape, dtype }] of given.entries()) {
    const gradient: unknown = found[i];
    if (gradient === null) continue;
    if (!(gradient instanceof Tensor) || gradient.isDisposed || gradient.dtype !== dtype || !sameShape(gradient.shape, shape)) {
      const text = gradient instanceof Tensor && gradient.isDisposed ? 'one that was disposed' : received(gradient);
      throw problem(name, `expected the gradient of input ${i} to be ${dtype} ${shapeText(shape)}, like the input, but got ${text}`);
    }
  }
}

/**
 * An op from a forward and a backward function, for what no composition of ops computes as fast or as exactly.
 *
 *     const cube = customOp({
 *       name: 'cube',
 *       forward: ([x], save) => {
 *         save(x!);
 *         return mul(x!, mul(x!, x!));
 *       },
 *       backward: (dy, [x]) => [mul(dy, mul(3, mul(x!, x!)))],
 *     });
 *     cube(x).backward();
 *
 * @returns the op: a function of its inputs.
 * @throws ERR_ARGUMENT, when called, if forward returns no tensor; in the backward pass, if backward does not return a
 *   gradient of the right shape and type, or null, for each input.
 */
export function customOp({ name, forward, backward }: CustomOp): (...inputs: Tensor[]) => Tensor {
  return (...inputs) => {
    const { output, saved } = runForward(name, forward, inputs);
    const given = inputs.map(({ shape, dtype, device }) => ({ shape, dtype, device }));
    if (!wantsGradient(Object.fromEntries(inputs.entries()), Object.keys(inputs))) {
      for (const { tensor } of saved) tensor.dispose();
      return output;
    }
    const kept = saved.map(({ tensor }) => tensor as Tensor);
    let shared: { dy: Tensor; found: readonly (Tensor | null)[] } | undefined; // of the running backward pass
    const gradient = (input: number, dy: Tensor): Tensor => {
      if (shared?.dy !== dy) {
        const found: unknown = backward(dy, kept);
        checkGradients(name, found, given);
        shared = { dy, found };
      }
      const { shape, device, dtype } = given[input]!;
      return shared.found[input] ?? filled(shape, 0, device, dtype);
    };
    output.node = new OpNode(name, inputs.map(({ node }) => node), gradient, saved);
    return output;
  };
}

/** The output of a forward function, outside of any gradient, and what it saved. */
function runForward(name: string, forward: CustomOp['forward'], inputs: readonly Tensor[]): { output: Tensor; saved: SavedTensor[] } {
  const named: Tensor<DType>[] = [], kept: Tensor<DType>[] = [];
  const save: Save = (...tensors) => {
    named.push(...tensors);
    kept.push(...tensors.map((tensor) => tensor.alias()));
  };
  try {
    const result: unknown = noGrad(() => scope(() => forward(inputs, save)));
    if (!(result instanceof Tensor)) throw problem(name, `expected forward to return a tensor, but got ${received(result)}`);
    const made = result as Tensor, given: readonly Tensor<DType>[] = inputs;
    const output = given.includes(made) || made.node ? made.detach() : made;
    const originOf = (tensor: Tensor<DType>) => (given.includes(tensor) ? tensor.node : tensor === made ? 'own' : null);
    return { output, saved: kept.map((tensor, i) => ({ tensor, origin: originOf(named[i]!) })) };
  } catch (error) {
    for (const tensor of kept) tensor.dispose();
    throw error;
  }
}
