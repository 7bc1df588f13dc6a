import type { Device } from '../core/device.js';
import { castFloat } from '../core/autocast.js';
import { dtypeOf, floatTypes, type DType, type Float, type HostArray } from '../core/dtype.js';
import { ConvoltError } from '../core/errors.js';
import type { Random } from '../core/random.js';
import { noteChange } from '../core/recording.js';
import { sameShape, shapeText, type Shape } from '../core/shape.js';
import { scope } from '../core/scope.js';
import { Tensor } from '../core/tensor.js';
import { checkAnyTensor, checkChoice } from '../ops/arguments.js';
import { slice } from '../ops/index.js';
import { checkCount } from './arguments.js';
import { enterEvaluation } from './in_evaluation.js';
import { Parameter } from './parameter.js';
import { Predictor } from './predictor.js';
import { compareNames } from './tensor_names.js';

/** What every module with tensors of its own takes. */
export interface ModuleOptions {
  /** Where the module's tensors live. Default: the default device. */
  device?: Device | string | undefined;
  /** Where initial values are drawn. Default: one generator for the whole program, with seed 0. */
  random?: Random | undefined;
  /** Whether initial values are drawn; without, parameters start at 0, for those that are about to be loaded. Default true. */
  initialize?: boolean | undefined;
}

/** One saved tensor: its values on the host. */
export interface SavedTensor {
  shape: Shape;
  data: HostArray;
}

export interface PredictOptions {
  /** Images in one forward pass. Default 64. */
  batch?: number;
  /**
   * Whether a forward pass is recorded when a batch of its shape comes a second time, and replayed from then on: see
   * {@link capture}. Up to four shapes are kept, with the memory that they need. Weights may change, and be others; but what
   * forward() decides by other properties of its modules stays as it was recorded. A model that hooks watch is not recorded.
   * Default: on cuda, where each op costs time to start; elsewhere they are prepared while earlier ones run.
   */
  record?: boolean;
  /**
   * Of the forward pass, see {@link autocast}; weights are float32 in any case, and rounded once for each change of them. In
   * bfloat16 convolutions take half the time on GPUs, and on CPUs that multiply it (avx512_bf16). Default 'float32'.
   */
  precision?: Float;
}

/** Saved tensors by their dotted names, in the module's order. */
export type StateDict = Map<string, SavedTensor>;

/** What {@link Module.registerForwardHook} takes: sees a module's input and output, and may give another output. */
export type ForwardHook = (module: Module, input: Tensor, output: Tensor) => Tensor | void;

export interface LoadStateDictOptions {
  /** Whether a missing or an unexpected name is an error. Default true. */
  strict?: boolean;
}

/**
 * A layer or a network: parameters, buffers and other modules as plain properties, and a forward function.
 *
 * A {@link Parameter} property is a parameter, any other tensor property is a buffer (state that is saved but
 * not trained), and a module property is a child. A tensor's dotted name is the path of properties to it,
 * as in torch: `features.0.weight`.
 */
export abstract class Module {
  private inTraining = true;
  private readonly forwardHooks: ForwardHook[] = [];
  private readonly predictors = new Map<Float, Predictor>();

  /** The module's output for a batch. */
  abstract forward(x: Tensor): Tensor;

  /**
   * Calls `hook(module, input, output)` whenever forward() has run; a tensor that it returns takes the output's place.
   * Hooks run in the order in which they were registered.
   *
   * @returns a function that removes the hook.
   */
  registerForwardHook(hook: ForwardHook): () => void {
    const { forwardHooks } = this;
    if (forwardHooks.length === 0) {
      const plain = this.forward.bind(this);
      this.forward = (...inputs) => forwardHooks.reduce((output, seen) => seen(this, inputs[0], output) ?? output, plain(...inputs));
    }
    forwardHooks.push(hook);
    noteChange();
    return () => {
      const at = forwardHooks.indexOf(hook);
      if (at < 0) return;
      forwardHooks.splice(at, 1);
      noteChange();
      if (forwardHooks.length === 0) Reflect.deleteProperty(this, 'forward'); // the class's own shows again
    };
  }

  /** Whether batch normalisation and dropout behave as in training; see {@link train} and {@link eval}. */
  get training(): boolean {
    return this.inTraining;
  }

  /** Modules that this one is made of, by property name; those in an array by `name.index`. */
  *children(): Generator<[string, Module]> {
    for (const [name, value] of Object.entries(this) as [string, unknown][]) {
      if (value instanceof Module) {
        yield [name, value];
      } else if (Array.isArray(value)) {
        for (const [i, item] of value.entries()) if (item instanceof Module) yield [`${name}.${i}`, item];
      }
    }
  }

  /** This module and all below it, with their dotted names ('' for this one). */
  *modules(prefix = ''): Generator<[string, Module]> {
    yield [prefix, this];
    for (const [name, child] of this.children()) yield* child.modules(joined(prefix, name));
  }

  /** The same without names, for who asks before each batch. @internal */
  everyModule(found: Module[] = []): Module[] {
    found.push(this);
    for (const name in this) { // without a list of the values, which takes longer than they do
      const value: unknown = this[name];
      if (typeof value !== 'object') continue;
      if (value instanceof Module) value.everyModule(found);
      else if (Array.isArray(value)) for (const item of value) if (item instanceof Module) item.everyModule(found);
    }
    return found;
  }

  /** Parameters and buffers of the module and those below it, in order. A tensor that is shared goes by its first name. */
  namedTensors(): Map<string, Tensor<DType>> {
    const found = new Map<string, Tensor<DType>>();
    const seen = new Set<unknown>();
    for (const [path, module] of this.modules()) {
      for (const [name, value] of Object.entries(module) as [string, unknown][]) {
        if (value instanceof Tensor && !seen.has(value))
          found.set(joined(path, name), value as Tensor<DType>);
        seen.add(value);
      }
    }
    return found;
  }

  namedParameters(): Map<string, Parameter> {
    return new Map(
      [...this.namedTensors()].flatMap(([name, tensor]) =>
        tensor instanceof Parameter ? [[name, tensor] as const] : [],
      ),
    );
  }

  namedBuffers(): Map<string, Tensor<DType>> {
    return new Map([...this.namedTensors()].filter(([, tensor]) => !(tensor instanceof Parameter)));
  }

  parameters(): Parameter[] {
    return [...this.namedParameters().values()];
  }

  /** How many numbers are trained. */
  get parameterCount(): number {
    return this.parameters().reduce((count, parameter) => count + parameter.numel, 0);
  }

  /** Sets this module and all below it to training, or with `false` to evaluation. Returns the module. */
  train(training = true): this {
    for (const [, module] of this.modules()) module.inTraining = training;
    noteChange();
    return this;
  }

  /** Sets this module and all below it to evaluation. Returns the module. */
  eval(): this {
    return this.train(false);
  }

  /**
   * What the model, set to evaluation, says of images, without gradients and in batches. Its mode is changed within one turn of
   * the event loop only, so that it can be trained meanwhile.
   *
   * @param images [N,…] as forward takes them; on the device of the model.
   * @returns for each image its output's numbers.
   * @throws ERR_ARGUMENT if images is no tensor, batch no whole number of at least 1 or precision no float type, and whatever forward throws.
   */
  async predict(images: Tensor, options: PredictOptions = {}): Promise<Float32Array[]> {
    checkAnyTensor('predict', 'images', images);
    const { batch = 64, record = images.device.backend === 'cuda', precision = 'float32' } = options;
    checkCount('predict', 'batch', batch);
    checkChoice('predict', 'precision', precision, floatTypes);
    const predictor = this.predictorIn(precision);
    const [count = 0] = images.shape;
    const parts: { rows: number; data: Promise<Float32Array> }[] = [];
    const leave = enterEvaluation(this);
    try {
      for (let start = 0; start < count; start += batch) {
        const rows = Math.min(batch, count - start);
        const data = scope(() => {
          const some = rows === count ? images : slice(images, { axis: 0, start, end: start + rows });
          const output = predictor.run(some, record);
          return { promise: (output.dtype === 'float32' ? output : castFloat(output, 'float32')).data() };
        }).promise;
        parts.push({ rows, data });
      }
    } finally {
      leave();
    }
    const found = await Promise.all(parts.map(async ({ rows, data }) => {
      const values = await data, size = values.length / rows;
      return Array.from({ length: rows }, (_, i) => values.slice(i * size, (i + 1) * size));
    }));
    return found.flat();
  }

  private predictorIn(precision: Float): Predictor {
    const predictor = this.predictors.get(precision) ?? new Predictor(this, precision);
    this.predictors.set(precision, predictor);
    return predictor;
  }

  /** Parameters and buffers, copied to the host as they are after all work given so far. */
  async stateDict(): Promise<StateDict> {
    const saved = [...this.namedTensors()].map(async ([name, tensor]) => {
      return [name, { shape: tensor.shape, data: await tensor.data() }] as const;
    });
    return new Map(await Promise.all(saved));
  }

  /**
   * Overwrites parameters and buffers with saved ones; nothing is written if there is an error.
   *
   * @throws ERR_DATA if names are missing or unexpected, or a shape or type differs.
   */
  loadStateDict(state: ReadonlyMap<string, SavedTensor>, { strict = true }: LoadStateDictOptions = {}): void {
    const own = this.namedTensors();
    const problems = strict ? compareNames(own.keys(), state.keys()).problems : [];
    for (const [name, tensor] of own) {
      const saved = state.get(name);
      if (saved && !fits(saved, tensor)) {
        problems.push(
          `${name} as ${dtypeOf(saved.data)} ${shapeText(saved.shape)} ` +
            `instead of ${tensor.dtype} ${shapeText(tensor.shape)}`,
        );
      }
    }
    if (problems.length > 0) {
      throw new ConvoltError(
        'ERR_DATA',
        `loadStateDict: expected the tensors of ${this.constructor.name}, but got ${problems.join('; ')}`,
      );
    }
    for (const [name, tensor] of own) {
      const saved = state.get(name);
      if (saved) tensor.write(saved.data);
    }
  }

  /** Frees the module's tensors and those of the modules below it. */
  dispose(): void {
    for (const predictor of this.predictors.values()) predictor.dispose();
    for (const tensor of this.namedTensors().values()) tensor.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

function joined(prefix: string, name: string): string {
  return prefix === '' ? name : `${prefix}.${name}`;
}

function fits(saved: SavedTensor, tensor: Tensor<DType>): boolean {
  return (
    dtypeOf(saved.data) === tensor.dtype &&
    sameShape(saved.shape, tensor.shape) &&
    saved.data.length === tensor.numel
  );
}
