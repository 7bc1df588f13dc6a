/**
 * The tape: one node for each tensor that a gradient flows to, with one thunk for each of its inputs.
 * Backward visits the nodes from the newest to the oldest; a node's number is larger than its inputs'.
 */
import type { DType } from './dtype.js';
import { ConvoltError } from './errors.js';
import { accumulateInto, added, filled } from './gradient_memory.js';
import { keep, scope } from './scope.js';
import { shapeText } from './shape.js';
import type { Tensor } from './tensor.js';

let nodesMade = 0;
let recording = true;

/** Runs `fn` without recording gradients. Returns its result. */
export function noGrad<T>(fn: () => T): T {
  const before = recording;
  recording = false;
  try {
    return fn();
  } finally {
    recording = before;
  }
}

/** Whether an op is to be recorded: one of its inputs, by the names that have a gradient, wants one. @internal */
export function wantsGradient<K extends string>(inputs: { [N in K]?: Tensor<DType> | undefined }, names: readonly K[]): boolean {
  if (recording) for (const name of names) if (inputs[name]?.node) return true;
  return false;
}

/** A leaf with `requiresGrad`: where gradients end. */
export class LeafNode {
  readonly id = ++nodesMade;
  readonly name = 'leaf';
  readonly leaf: Tensor<DType>;

  constructor(leaf: Tensor<DType>) {
    this.leaf = leaf;
  }

  retain(): void {}
  release(): void {}
}

/** Gives the gradient of input number `input` for the gradient of the output. */
export type Gradient = (input: number, dy: Tensor) => Tensor;

/** The making of a tensor: its inputs' nodes, how gradients reach them, and the tensors that this needs. */
export class OpNode {
  readonly id = ++nodesMade;
  readonly name: string;
  private owners = 1;
  /** Null once freed. */
  private parts: { parents: readonly (GradNode | null)[]; gradient: Gradient; saved: readonly Tensor<DType>[] } | null;

  /**
   * @param parents the inputs' nodes; null for an input that wants no gradient.
   * @param saved disposed with the node.
   */
  constructor(name: string, parents: readonly (GradNode | null)[], gradient: Gradient, saved: readonly Tensor<DType>[]) {
    this.name = name;
    this.parts = { parents, gradient, saved };
    for (const parent of parents) parent?.retain();
  }

  private get live(): NonNullable<typeof this.parts> {
    if (this.parts) return this.parts;
    throw new ConvoltError('ERR_ARGUMENT', `backward: expected a graph that was not used before, but ${this.name} has freed what it saved; use retainGraph`);
  }

  /** The inputs' nodes. @throws ERR_ARGUMENT once an earlier backward() has freed them. */
  get parents(): readonly (GradNode | null)[] {
    return this.live.parents;
  }

  gradient(input: number, dy: Tensor): Tensor {
    return this.live.gradient(input, dy);
  }

  retain(): void {
    this.owners++;
  }

  release(): void {
    if (--this.owners === 0) this.free();
  }

  /** Lets go of the saved tensors and the inputs. A loop, not a recursion, frees a long chain. */
  free(): void {
    const doomed: OpNode[] = [this];
    for (let node = doomed.pop(); node; node = doomed.pop()) {
      const parts = node.parts;
      node.parts = null;
      for (const saved of parts?.saved ?? []) saved.dispose();
      for (const parent of parts?.parents ?? []) {
        if (parent instanceof OpNode && --parent.owners === 0) doomed.push(parent);
      }
    }
  }
}

export type GradNode = LeafNode | OpNode;

/** The nodes that `root` depends on, itself included, newest first. */
function nodesBelow(root: GradNode): GradNode[] {
  const found = new Set<GradNode>([root]);
  for (const node of found) {
    if (node instanceof OpNode) for (const parent of node.parents) if (parent) found.add(parent);
  }
  return [...found].sort((a, b) => b.id - a.id);
}

/**
 * The sum of two gradients, the first of which may be overwritten. Gradients pass through additions and reshapes
 * without a copy, so memory is overwritten only if nothing else uses it.
 */
function sumOf(total: Tensor, share: Tensor): Tensor {
  if (total.storage.isShared) return added(total, share);
  accumulateInto(total, share, 1);
  return total;
}

/** Adds the shares of a node's inputs to their gradients. One scope for all, since a rule may compute them together. */
function spread(node: OpNode, dy: Tensor, gradients: Map<GradNode, Tensor>): void {
  scope(() => {
    for (const [input, parent] of node.parents.entries()) {
      if (!parent) continue;
      const share = node.gradient(input, dy), before = gradients.get(parent);
      const total = before ? sumOf(before, share) : share === dy ? dy.detach() : share;
      if (before && total !== before) before.dispose();
      gradients.set(parent, total);
    }
    return node.parents.map((parent) => parent && gradients.get(parent));
  });
}

/** Sends the gradient of `root` (by default 1) down the tape and hands each leaf its own. */
function propagate(
  root: Tensor<DType>,
  rootNode: GradNode,
  retainGraph: boolean,
  reachLeaf: (leaf: Tensor<DType>, gradient: Tensor) => void,
): void {
  const gradients = new Map<GradNode, Tensor>([[rootNode, filled(root.shape, 1, root.device)]]);
  const nodes = nodesBelow(rootNode);
  for (const node of nodes) node.retain(); // until its turn, whichever of its users is freed before
  for (const node of nodes) {
    const dy = gradients.get(node);
    gradients.delete(node);
    if (!dy) {
      node.release();
      continue;
    }
    if (node instanceof LeafNode) {
      reachLeaf(node.leaf, dy);
    } else {
      spread(node, dy, gradients);
      if (!retainGraph) node.free();
    }
    dy.dispose();
    node.release();
  }
}

/** See Tensor.backward. */
export function backward(root: Tensor<DType>, { retainGraph = false }: { retainGraph?: boolean }): void {
  if (root.numel !== 1) throw new ConvoltError('ERR_ARGUMENT', `backward: expected a tensor with one element, but got shape ${shapeText(root.shape)}`);
  const rootNode = root.node;
  if (!rootNode) throw new ConvoltError('ERR_ARGUMENT', 'backward: expected a tensor that depends on one with requiresGrad, but got one that does not');
  noGrad(() =>
    propagate(root, rootNode, retainGraph, (leaf, gradient) => {
      if (leaf.isDisposed) return;
      const before = leaf.grad;
      if (!before) {
        leaf.grad = keep(gradient.detach());
      } else if (leaf.gradIsStale && !before.storage.isShared) {
        accumulateInto(before, gradient, 0);
      } else if (leaf.gradIsStale) {
        leaf.grad = keep(gradient.detach());
        before.dispose();
      } else {
        leaf.grad = keep(sumOf(before, gradient));
        if (leaf.grad !== before) before.dispose();
      }
      leaf.gradIsStale = false;
    }),
  );
}

/**
 * The gradients of a one-element tensor for the given leaves, without touching their `grad`. A leaf that
 * does not reach the tensor gets zeros.
 *
 * @throws ERR_ARGUMENT as {@link Tensor.backward} does.
 */
export function grad(root: Tensor<DType>, leaves: readonly Tensor[], { retainGraph = false }: { retainGraph?: boolean } = {}): Tensor[] {
  if (root.numel !== 1) throw new ConvoltError('ERR_ARGUMENT', `grad: expected a tensor with one element, but got shape ${shapeText(root.shape)}`);
  const rootNode = root.node;
  if (!rootNode) throw new ConvoltError('ERR_ARGUMENT', 'grad: expected a tensor that depends on one with requiresGrad, but got one that does not');
  return noGrad(() => {
    const found = new Map<Tensor<DType>, Tensor>();
    propagate(root, rootNode, retainGraph, (leaf, gradient) => {
      found.set(leaf, gradient.detach());
    });
    return leaves.map((leaf) => found.get(leaf) ?? filled(leaf.shape, 0, leaf.device));
  });
}
