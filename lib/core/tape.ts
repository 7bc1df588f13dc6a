/**
 * The tape: one node for each tensor that a gradient flows to, with one thunk for each of its inputs.
 * Backward visits the nodes from the newest to the oldest; a node's number is larger than its inputs'.
 */
import type { DType, Float } from './dtype.js';
import { ConvoltError } from './errors.js';
import { accumulateInto, added, filled } from './gradient_memory.js';
import { enterLayer, runningLayer } from './layer.js';
import { keep, scope } from './scope.js';
import { sameShape, shapeText } from './shape.js';
import type { Tensor } from './tensor.js';

let nodesMade = 0;
let recording = true;
/** Under `createGraph`, the op whose gradient is being made. */
let differentiated: string | null = null;
/** The op whose gradient is being made, under createGraph or not. */
let inGradientOf: string | null = null;

function recordingAs<T>(value: boolean, fn: () => T): T {
  const before = recording;
  recording = value;
  try {
    return fn();
  } finally {
    recording = before;
  }
}

/** Runs `fn` without recording gradients. Returns its result. */
export function noGrad<T>(fn: () => T): T {
  return recordingAs(false, fn);
}

/**
 * Whether ops are recorded. In a gradient rule: whether `createGraph` wants a gradient of this gradient, for rules
 * that are faster when it does not. @internal
 */
export function isRecording(): boolean {
  return recording;
}

/** Runs `fn` as a forward pass that is recorded, wherever it is called. @internal */
export function recorded<T>(fn: () => T): T {
  const before = differentiated;
  differentiated = null;
  try {
    return recordingAs(true, fn);
  } finally {
    differentiated = before;
  }
}

/** The op whose gradient is being made, or null in a forward pass. @internal */
export function runningGradient(): string | null {
  return inGradientOf;
}

/** Whether an op is to be recorded: one of its inputs, by the names that have a gradient, wants one. @internal */
export function wantsGradient<K extends string>(inputs: { [N in K]?: Tensor<DType> | undefined }, names: readonly K[]): boolean {
  if (recording) for (const name of names) if (inputs[name]?.node) return true;
  return false;
}

/** Refuses an op without a gradient as a part of a gradient that has to have one itself. @internal */
export function refuseSecondGradient(inputs: Readonly<Record<string, Tensor<DType> | undefined>>): void {
  if (differentiated === null || !recording) return;
  for (const name in inputs) {
    if (inputs[name]?.node) {
      throw new ConvoltError('ERR_ARGUMENT', `backward: expected createGraph only through ops whose gradient has a gradient, but got ${differentiated}`);
    }
  }
}

/** A leaf with `requiresGrad`: where gradients end. */
export class LeafNode {
  readonly id = ++nodesMade;
  readonly name = 'a leaf';
  readonly leaf: Tensor<DType>;

  constructor(leaf: Tensor<DType>) {
    this.leaf = leaf;
  }

  hooks: GradientHook[] = [];

  retain(): void {}
  release(): void {}
}

/** What {@link Tensor.registerHook} takes: sees a gradient, and may give another one in its place. */
export type GradientHook = (gradient: Tensor) => Tensor | void;

/** A tensor that an op keeps for its gradients, and where it came from: a node, the op itself, or outside of any gradient. */
export interface SavedTensor {
  tensor: Tensor<DType>;
  origin: GradNode | 'own' | null;
}

/** Gives the gradient of input number `input` for the gradient of the output. */
export type Gradient = (input: number, dy: Tensor) => Tensor;

/** The making of a tensor: its inputs' nodes, how gradients reach them, and the tensors that this needs. */
export class OpNode {
  readonly id = ++nodesMade;
  readonly name: string;
  /** The layer that it is a part of, if layers are named. */
  private readonly layer = runningLayer();
  private owners = 1;
  /** Null once freed. */
  private parts: { parents: readonly (GradNode | null)[]; gradient: Gradient; saved: readonly SavedTensor[] } | null;
  hooks: GradientHook[] = [];

  /**
   * @param parents the inputs' nodes; null for an input that wants no gradient.
   * @param saved disposed with the node.
   */
  constructor(name: string, parents: readonly (GradNode | null)[], gradient: Gradient, saved: readonly SavedTensor[]) {
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

  /** The gradient of one input. When it is recorded itself, what was saved counts as the tensors it was saved from. */
  gradient(input: number, dy: Tensor): Tensor {
    const { gradient } = this.live;
    const outer = inGradientOf, outerLayer = enterLayer(this.layer);
    inGradientOf = this.name;
    try {
      return recording ? this.recordedGradient(input, dy) : gradient(input, dy);
    } finally {
      inGradientOf = outer;
      enterLayer(outerLayer);
    }
  }

  private recordedGradient(input: number, dy: Tensor): Tensor {
    const { gradient, saved } = this.live;
    const before = differentiated;
    differentiated = this.name;
    for (const { tensor, origin } of saved) tensor.node = origin === 'own' ? this : origin;
    try {
      return gradient(input, dy);
    } finally {
      for (const { tensor } of saved) tensor.node = null;
      differentiated = before;
    }
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
      for (const { tensor } of parts?.saved ?? []) tensor.dispose();
      for (const parent of parts?.parents ?? []) {
        if (parent instanceof OpNode && --parent.owners === 0) doomed.push(parent);
      }
    }
  }
}

export type GradNode = LeafNode | OpNode;

/** The number of the newest node: those made from now on have larger ones. @internal */
export function newestNode(): number {
  return nodesMade;
}

/** The nodes that `root` depends on, itself included, newest first. Those at which `isEnd` holds are the last of their kind. */
export function nodesBelow(root: GradNode, isEnd: (node: GradNode) => boolean = () => false): GradNode[] {
  const found = new Set<GradNode>([root]);
  for (const node of found) {
    if (node instanceof OpNode && !isEnd(node)) for (const parent of node.parents) if (parent) found.add(parent);
  }
  return [...found].sort((a, b) => b.id - a.id);
}

/**
 * The sum of two gradients, the first of which may be overwritten. Gradients pass through additions and reshapes
 * without a copy, so memory is overwritten only if nothing else uses it.
 */
function sumOf(total: Tensor, share: Tensor): Tensor {
  if (recording || total.storage.isShared) return differentiableSum(total, share);
  accumulateInto(total, share, 1);
  return total;
}

function differentiableSum(a: Tensor, b: Tensor): Tensor {
  const sum = added(a, b);
  if (wantsGradient({ a, b }, ['a', 'b'])) sum.node = new OpNode('add', [a.node, b.node], (_, dy) => dy, []);
  return sum;
}

/** A tensor of its own with the same memory and the same place in the graph. @internal */
export function again(gradient: Tensor): Tensor {
  const result = gradient.detach();
  gradient.node?.retain();
  result.node = gradient.node;
  return result;
}

/** Shows a gradient to the hooks of its tensor, each of which may replace it for those that follow. */
function hooked({ hooks, name }: GradNode, gradient: Tensor): Tensor {
  let current = gradient;
  for (const hook of hooks) {
    const replaced = hook(current) ?? current;
    if (!sameShape(replaced.shape, gradient.shape)) {
      throw new ConvoltError('ERR_ARGUMENT', `backward: expected the hook of ${name} to return a gradient of shape ${shapeText(gradient.shape)}, but got ${shapeText(replaced.shape)}`);
    }
    current = replaced;
  }
  return current;
}

/** Adds the shares of a node's inputs to their gradients. One scope for all, since a rule may compute them together. */
function spread(node: OpNode, dy: Tensor, gradients: Map<GradNode, Tensor>): void {
  scope(() => {
    for (const [input, parent] of node.parents.entries()) {
      if (!parent) continue;
      const share = node.gradient(input, dy), before = gradients.get(parent);
      const total = before ? sumOf(before, share) : share === dy ? again(dy) : share;
      if (before && total !== before) before.dispose();
      gradients.set(parent, total);
    }
    return node.parents.map((parent) => parent && gradients.get(parent));
  });
}

/**
 * Sends a gradient of `rootNode`, which is disposed, down the tape, as far as leaves and the nodes of `ends`, and hands
 * each of these its own.
 *
 * @internal
 */
export function propagate(
  rootNode: GradNode,
  rootGradient: Tensor,
  retainGraph: boolean,
  reach: (end: GradNode, gradient: Tensor) => void,
  ends: ReadonlySet<GradNode> = new Set(),
): void {
  const gradients = new Map<GradNode, Tensor>([[rootNode, rootGradient]]);
  const isEnd = (node: GradNode): boolean => node instanceof LeafNode || ends.has(node);
  const nodes = nodesBelow(rootNode, isEnd);
  for (const node of nodes) node.retain(); // until its turn, whichever of its users is freed before
  let waiting = 0;
  try {
    for (const node of nodes) {
      const arrived = gradients.get(node);
      gradients.delete(node);
      if (arrived) {
        const dy = ends.has(node) ? arrived : hooked(node, arrived);
        if (node instanceof LeafNode || isEnd(node)) {
          reach(node, dy);
        } else {
          spread(node, dy, gradients);
          if (!retainGraph) node.free();
        }
        arrived.dispose();
        if (dy !== arrived) dy.dispose();
      }
      node.release();
      waiting++;
    }
  } finally {
    for (const node of nodes.slice(waiting)) node.release();
    for (const gradient of gradients.values()) gradient.dispose();
  }
}

/** Sends 1 down the tape of a one-element tensor and hands each leaf its gradient. */
function propagateToLeaves(root: Tensor<DType>, rootNode: GradNode, retainGraph: boolean, reach: (leaf: Tensor<DType>, gradient: Tensor) => void): void {
  const one = filled(root.shape, 1, root.device, root.dtype as Float);
  propagate(rootNode, one, retainGraph, (end, gradient) => {
    if (end instanceof LeafNode) reach(end.leaf, gradient);
  });
}

export interface BackwardOptions {
  /** Keeps what the forward pass saved, for another pass. Default false, or true with `createGraph`. */
  retainGraph?: boolean | undefined;
  /** Records the backward pass itself, so that gradients have gradients. Default false. */
  createGraph?: boolean | undefined;
}

function rootNodeOf(name: string, root: Tensor<DType>): GradNode {
  if (root.numel !== 1) throw new ConvoltError('ERR_ARGUMENT', `${name}: expected a tensor with one element, but got shape ${shapeText(root.shape)}`);
  if (!root.node) throw new ConvoltError('ERR_ARGUMENT', `${name}: expected a tensor that depends on one with requiresGrad, but got one that does not`);
  return root.node;
}

/** See Tensor.backward. */
export function backward(root: Tensor<DType>, { createGraph = false, retainGraph = createGraph }: BackwardOptions): void {
  const rootNode = rootNodeOf('backward', root);
  recordingAs(createGraph, () =>
    propagateToLeaves(root, rootNode, retainGraph, (leaf, gradient) => {
      if (leaf.isDisposed) return;
      const before = leaf.grad;
      if (!before) {
        leaf.grad = keep(again(gradient));
      } else if (leaf.gradIsStale && !createGraph && !before.storage.isShared) {
        accumulateInto(before, gradient, 0);
      } else if (leaf.gradIsStale) {
        leaf.grad = keep(again(gradient));
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
export function grad(root: Tensor<DType>, leaves: readonly Tensor[], { createGraph = false, retainGraph = createGraph }: BackwardOptions = {}): Tensor[] {
  const rootNode = rootNodeOf('grad', root);
  return recordingAs(createGraph, () => {
    const found = new Map<Tensor<DType>, Tensor>();
    propagateToLeaves(root, rootNode, retainGraph, (leaf, gradient) => {
      found.set(leaf, again(gradient));
    });
    return leaves.map((leaf) => found.get(leaf) ?? filled(leaf.shape, 0, leaf.device, leaf.dtype));
  });
}
