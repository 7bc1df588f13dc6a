import type { Device } from '../core/device.js';
import { dtypeOf, type DType, type HostArray } from '../core/dtype.js';
import { ConvoltError } from '../core/errors.js';
import { accumulateInto, filled } from '../core/gradient_memory.js';
import { freshHalfCopy } from '../core/half_copies.js';
import { run } from '../core/run.js';
import { keep, scope } from '../core/scope.js';
import { tensor, type Tensor } from '../core/tensor.js';
import { checkNumber } from '../ops/arguments.js';
import { add, clamp, div, minimum, mul, norm } from '../ops/index.js';
import { FlatParameters } from './flat_parameters.js';
import { checkGroups, type CheckedGroup, type OptimizedParameters, type ParameterRange } from './parameter_groups.js';

/** What an optimiser keeps between steps, on the host; `lr` is among it. */
export type OptimizerState = Map<string, HostArray>;

/**
 * Base of the optimisers. Parameters, gradients and state are one flat buffer each, and a step is one native
 * op over them. The learning rate and the number of steps live in device memory, so that a recorded step
 * follows them.
 *
 * Parameters in groups have rates and weight decay of their own; each group is one range of the buffers and one op.
 *
 * A parameter that got no gradient since zeroGrad() counts as one with gradient 0: momentum and weight decay
 * still move it. To leave parameters as they are, do not give them to the optimiser.
 */
export abstract class Optimizer {
  protected readonly flat: FlatParameters;
  private readonly rate: Tensor; // [groups]
  /** Steps done so far; the native op counts them. */
  private readonly stepCount: Tensor<'int32'>; // [groups]
  private readonly ranges: readonly ParameterRange[];
  /** Tensors that are no state, and freed with it. */
  private readonly views = new Set<Tensor<DType>>();
  private readonly layers = new Map<Tensor, Tensor<'int32'>>();
  private readonly who: string;
  private readonly state = new Map<string, Tensor<DType>>();
  private currentRate: number;

  /** @param weightDecay of groups that have none of their own; undefined if the optimiser has no weight decay. */
  constructor(who: string, given: OptimizedParameters, lr: number, weightDecay?: number) {
    this.who = who;
    checkNumber(who, 'lr', lr, 0, Infinity, true);
    this.currentRate = lr;
    const groups = checkGroups(who, given, weightDecay);
    this.flat = new FlatParameters(who, groups.flatMap(({ parameters }) => parameters));
    const { device } = this.flat.values;
    this.rate = this.remember('lr', tensor(Float32Array.from(groups, ({ lrScale }) => lr * lrScale), { device }));
    this.stepCount = this.remember('step', tensor(new Int32Array(groups.length), { device }));
    this.ranges = groups.map((group, i) => this.rangeOf(group, i, groups));
  }

  /**
   * Does the native op of one step on one group of parameters.
   *
   * @param half what autocast keeps of them in 16 bits, if it does: the op that changes them writes it, too.
   */
  protected abstract update(range: ParameterRange, half: Tensor | undefined): void;

  private rangeOf(group: CheckedGroup, i: number, groups: readonly CheckedGroup[]): ParameterRange {
    const { values, gradients, offsets } = this.flat;
    const first = groups.slice(0, i).reduce((count, { parameters }) => count + parameters.length, 0);
    const behind = first + group.parameters.length;
    const begin = offsets[first] ?? 0, end = offsets[behind] ?? values.numel;
    const isWhole = groups.length === 1;
    const views = new Map<Tensor<DType>, Tensor<DType>>();
    const view = <D extends DType>(state: Tensor<D>, offset: number, size: number): Tensor<D> => {
      if (isWhole) return state;
      const made = views.get(state) ?? keep(state.view(offset, [size]));
      views.set(state, made);
      this.views.add(made);
      return made as Tensor<D>;
    };
    return {
      ...group,
      param: view(values, begin, end - begin),
      grad: view(gradients, begin, end - begin),
      offsets: offsets.slice(first, behind).map((offset) => offset - begin),
      lr: view(this.rate, i, 1),
      step: view(this.stepCount, i, 1),
      of: (state) => view(state, begin, end - begin),
      own: (state) => view(state, i, 1),
    };
  }

  /** Makes a tensor part of the state that is saved. */
  protected remember<D extends DType>(name: string, made: Tensor<D>): Tensor<D> {
    this.state.set(name, keep(made));
    return made;
  }

  /** A part of the state with a number for each parameter element, at first `value`. */
  protected rememberFilled(name: string, value: number): Tensor {
    return this.remember(name, filled(this.flat.values.shape, value, this.flat.values.device));
  }

  /** A part of the state with one number for each group of parameters, at first `value`. */
  protected rememberPerGroup(name: string, value: number): Tensor {
    return this.remember(name, filled([this.ranges.length], value, this.device));
  }

  /** A part of the state with a number for each parameter element, at first 0. */
  protected rememberZeros(name: string): Tensor {
    return this.rememberFilled(name, 0);
  }

  /** For optimisers that scale the step of each layer: where each parameter begins, and whether it has two axes or more. */
  protected layersOf({ param, parameters, offsets }: ParameterRange): Tensor<'int32'> {
    const known = this.layers.get(param);
    if (known) return known;
    const table = Int32Array.from(parameters.flatMap(({ shape }, i) => [offsets[i] ?? 0, Number(shape.length >= 2)]));
    const made = keep(tensor(table, { shape: [parameters.length, 2], device: this.device }));
    this.layers.set(param, made);
    this.views.add(made);
    return made;
  }

  /** All parameters and their gradients, each in one buffer, for what treats them all alike: see {@link FlatParameters}. */
  get buffers(): { values: Tensor; gradients: Tensor } {
    this.flat.gatherGradients();
    const { values, gradients } = this.flat;
    return { values, gradients };
  }

  /** Where the parameters are. */
  get device(): Device {
    return this.flat.values.device;
  }

  /** The learning rate of the next step. */
  get lr(): number {
    return this.currentRate;
  }

  set lr(value: number) {
    checkNumber(this.who, 'lr', value, 0, Infinity, true);
    if (value === this.currentRate) return;
    this.currentRate = value;
    this.rate.write(Float32Array.from(this.ranges, ({ lrScale }) => value * lrScale));
  }

  /** Lets the next backward() overwrite the gradients, not add to them. Costs no work on the device. */
  zeroGrad(): void {
    this.flat.zeroGrad();
  }

  /**
   * Bounds every element of the gradients to [-most, most], as torch's clip_grad_value_.
   *
   * @throws ERR_ARGUMENT if `most` is negative or not finite.
   */
  clipValue(most: number): void {
    checkNumber('clipValue', 'most', most, 0, Infinity, true);
    this.flat.gatherGradients();
    const { gradients } = this.flat;
    scope(() => accumulateInto(gradients, clamp(gradients, { min: -most, max: most }), 0));
  }

  /**
   * Scales all gradients by one factor such that their common 2-norm is at most `most`, as torch's clip_grad_norm_.
   *
   * @returns the norm before [].
   * @throws ERR_ARGUMENT if `most` is negative or not finite.
   */
  clipNorm(most: number): Tensor {
    checkNumber('clipNorm', 'most', most, 0, Infinity, true);
    this.flat.gatherGradients();
    const { gradients } = this.flat;
    return scope(() => {
      const total = norm(gradients);
      const factor = minimum(div(most, add(total, 1e-6)), 1);
      accumulateInto(gradients, mul(gradients, factor), 0);
      return total;
    });
  }

  /** Changes every parameter by its gradient. */
  step(): void {
    this.flat.gatherGradients();
    const copy = freshHalfCopy(this.flat.values);
    for (const range of this.ranges) this.update(range, copy && range.of(copy.half));
    copy?.markFresh();
  }

  /**
   * Does a step whose outcome stands only if a number on the device is 0; else parameters and state are as before.
   *
   * @param count [1].
   */
  stepUnless(count: Tensor<'int32'>): void {
    scope(() => {
      const copy = freshHalfCopy(this.flat.values);
      const changed: readonly Tensor<DType>[] = [this.flat.values, ...(copy ? [copy.half] : []), ...this.state.values()];
      const before = changed.map((part) => run('empty_like', { like: part }, { shape: [1, 1, 1, 1, 1, part.numel] }, { y: part.shape }).y);
      for (const [i, part] of changed.entries()) run('copy_if', { target: before[i]!, x: part, condition: count }, {}, {});
      this.step();
      for (const [i, part] of changed.entries()) run('copy_if', { target: part, x: before[i]!, condition: count }, {}, {});
      copy?.markFresh();
    });
  }

  /** The state, copied to the host as it is after all work given so far. */
  async stateDict(): Promise<OptimizerState> {
    const saved = [...this.state].map(async ([name, part]) => [name, await part.data()] as const);
    return new Map(await Promise.all(saved));
  }

  /**
   * Continues from a state saved by an optimiser of the same kind, options and parameters.
   *
   * @throws ERR_DATA if a part is missing, unexpected, or of another length; nothing is changed then.
   */
  loadStateDict(saved: ReadonlyMap<string, HostArray>): void {
    const unexpected = [...saved.keys()].filter((name) => !this.state.has(name));
    const problems = unexpected.map((name) => `unexpected ${name}`);
    for (const [name, part] of this.state) {
      const values = saved.get(name);
      if (!values) problems.push(`missing ${name}`);
      else if (values.length !== part.numel || dtypeOf(values) !== part.dtype) {
        problems.push(
          `${name} as ${values.length} of ${dtypeOf(values)} instead of ${part.numel} of ${part.dtype}`,
        );
      }
    }
    if (problems.length > 0) {
      throw new ConvoltError(
        'ERR_DATA',
        `loadStateDict: expected the state of ${this.who} for these parameters, ` +
          `but got ${problems.join('; ')}`,
      );
    }
    for (const [name, part] of this.state) part.write(saved.get(name) ?? new Float32Array());
    this.currentRate = (saved.get('lr')?.[0] ?? NaN) / (this.ranges[0]?.lrScale ?? 1);
  }

  /** Frees the state and the gradients. The parameters keep their values. */
  dispose(): void {
    for (const view of this.views) view.dispose();
    for (const part of this.state.values()) part.dispose();
    this.flat.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
