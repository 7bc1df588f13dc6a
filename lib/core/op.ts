import { adapted, isAutocasting } from './autocast.js';
import { fastest, isBenchmarking } from './benchmark.js';
import type { DType } from './dtype.js';
import type { Shape } from './shape.js';
import { nativeOps, type BufferType } from '../native.gen.js';
import { OpNode, wantsGradient, type SavedTensor } from './tape.js';
import type { Tensor } from './tensor.js';
import { call as callNative, unobserved, updatedInputs, type InputName, type Inputs, type OpName, type OutputName, type Outputs, type OutputShapes, type Params } from './run.js';

/** What the gradients of one call may use. */
export interface Call<N extends OpName, S extends string> {
  /** The inputs and outputs named in the rule's `saves`. An optional input that was left out is undefined. */
  saved: { [K in S]: K extends keyof Inputs<N> ? Inputs<N>[K] : K extends keyof Outputs<N> ? Outputs<N>[K] : never };
  params: Params<N>;
  /** Of the inputs; [] for an optional one that was left out. */
  shapes: { [K in InputName<N>]: Shape };
}

/** Several ways to compute a call, of which {@link setBenchmark} chooses one. */
interface Choice<N extends OpName> {
  /** By name: which parameters to change for each. */
  ways?: (inputs: Inputs<N>, params: Params<N>) => ReadonlyMap<string, Partial<Params<N>>>;
  /** What of the parameters tells problems apart, each of which has a choice of its own. Default: all of them. */
  problem?: (params: Params<N>) => object;
}

/**
 * How gradients flow through a native op whose first output is differentiable: one thunk for each input, or
 * null for an input without a gradient. A thunk runs only when its input wants a gradient. A thunk that is made of
 * differentiable ops has gradients itself, which `createGraph` asks for; one that calls {@link run} has none.
 */
export interface GradientRule<N extends OpName, S extends InputName<N> | OutputName<N>, Shared> extends Choice<N> {
  /**
   * The tensors that the thunks need; they stay in memory until backward has used them. Under `createGraph` a saved
   * input, or the saved first output, brings its own gradient along; other outputs are constants, so a rule that
   * has to be differentiated again computes them anew.
   */
  saves: readonly S[];
  /** Whether the op is a sum of products, which {@link autocast} computes of 16-bit numbers. Default false. */
  isProduct?: boolean;
  /** Computed once for a call, when the first thunk asks for it. */
  shared?: (dy: Tensor, call: Call<N, S>) => Shared;
  gradients: { [K in InputName<N>]: ((dy: Tensor, call: Call<N, S>, shared: () => Shared) => Tensor) | null };
}

/** A native op with gradients: called like {@link run}, and recorded on the tape. */
export type Op<N extends OpName> = (inputs: Inputs<N>, params: Params<N>, shapes: OutputShapes<N>) => Outputs<N>;

/** The parameters for the fastest of several ways; the given ones if there are none to choose from. */
function fastestParams<N extends OpName>(
  name: N,
  choice: Choice<N>,
  inputs: Inputs<N>,
  params: Params<N>,
  shapes: OutputShapes<N>,
): Params<N> {
  const ways = choice.ways?.(inputs, params);
  const given = Object.values<Tensor<DType> | undefined>({ ...inputs }), device = given.find((input) => input)?.device;
  if (!ways || ways.size < 2 || !device) return params;
  const types = given.map((input) => input?.dtype ?? 'none').join(' ');
  const told = Object.entries(choice.problem?.(params) ?? params);
  const problem = [name, types, ...told.map(([field, value]) => `${field}=${String(value)}`)].join(' ');
  // What a call updates, running statistics for one, is not updated by each trial.
  const kept = { ...inputs, ...Object.fromEntries(updatedInputs(name).map((input) => [input, undefined])) };
  const runs = new Map([...ways].map(([way, changes]) => {
    const once = () => {
      const outputs = unobserved(() => callNative(name, kept, { ...params, ...changes }, shapes));
      for (const output of Object.values<Tensor<DType>>(outputs)) output.dispose();
    };
    return [way, once] as const;
  }));
  const chosen = fastest(device, problem, runs);
  return chosen === undefined ? params : { ...params, ...ways.get(chosen) };
}

/**
 * Makes a differentiable op of a native one. The first output is the differentiable one.
 *
 * @param label what users call it, for messages.
 */
export function op<N extends OpName, const S extends InputName<N> | OutputName<N>, Shared = never>(
  label: string,
  name: N,
  rule: GradientRule<N, S, Shared>,
): Op<N> {
  const [resultName] = nativeOps[name].outputs[0] as readonly [OutputName<N>, BufferType];
  const inputNames = Object.keys(rule.gradients) as InputName<N>[];
  const differentiable = inputNames.filter((input) => rule.gradients[input] !== null);
  const recorded: Op<N> = (inputs, params, shapes) => {
    const fast = isBenchmarking() ? fastestParams(name, rule, inputs, params, shapes) : params;
    const outputs = callNative(name, inputs, fast, shapes);
    const given: { [K in InputName<N>]?: Tensor<DType> | undefined } = inputs;
    if (!wantsGradient(given, differentiable)) return outputs;

    const made: { [K in OutputName<N>]?: Tensor<DType> } = outputs;
    const kept: SavedTensor[] = [];
    const saved: { [K in S]?: Tensor<DType> } = {};
    for (const key of rule.saves) {
      const input = given[key as InputName<N>], tensor = input ?? made[key as OutputName<N>];
      if (!tensor) continue;
      const origin = input ? (rule.gradients[key as InputName<N>] && input.node) : (key as string) === resultName ? 'own' : null;
      kept.push({ tensor: (saved[key] = tensor.alias()), origin });
    }
    const inputShapes: { [K in InputName<N>]?: Shape } = {};
    for (const input of inputNames) inputShapes[input] = given[input]?.shape ?? [];
    const call = { saved, params, shapes: inputShapes } as Call<N, S>;

    let shared: { dy: Tensor; value: Shared } | undefined; // of the running backward pass, which has its own dy
    const share = (dy: Tensor): Shared => (shared?.dy === dy ? shared : (shared = { dy, value: rule.shared!(dy, call) })).value;
    const gradient = (input: number, dy: Tensor): Tensor => rule.gradients[differentiable[input]!]!(dy, call, () => share(dy));
    const parents = differentiable.map((input) => given[input]?.node ?? null);
    made[resultName]!.node = new OpNode(label, parents, gradient, kept);
    return outputs;
  };
  return (inputs, params, shapes) => {
    if (!isAutocasting()) return recorded(inputs, params, shapes);
    const cast = adapted(name, inputs, rule.isProduct ?? false);
    const outputs = recorded(cast.inputs, params, shapes);
    for (const temporary of cast.made) temporary.dispose();
    return outputs;
  };
}
