/** Functions whose work is recorded when it is wanted again. */
import { capture, type CaptureOptions, type RecordedStep } from './capture.js';
import { defaultDevice, type Device } from './device.js';
import { dtypeOf, type DType, type HostArray } from './dtype.js';
import { ConvoltError } from './errors.js';
import { converted } from './gradient_memory.js';
import { refuseRecording } from './recording.js';
import { handingOver, keep, type Disposable } from './scope.js';
import { shapeText, type Shape } from './shape.js';
import { resolveDevice, Tensor, tensor } from './tensor.js';

/** What a recorded function is called with in place of one of its tensors: another one, or data of the host. */
export type StepInput = Tensor<DType> | { data: HostArray; shape: Shape };

export interface RecordedOptions extends CaptureOptions {
  /**
   * Most recordings that are kept, one for each combination of shapes and types. Beyond it the one that was not used for
   * longest is freed. Default 8.
   */
  limit?: number;
  /** Names what on the host decides the function's work; for each name there are own recordings. Default: nothing does. */
  settings?: () => string;
}

/** Calls with inputs of the same shapes and types. */
interface Calls<Inputs, T> {
  inputs: Inputs;
  /** From the second call on. */
  step?: RecordedStep<T>;
  /** The inputs, and what the first call returned. */
  owned: Disposable[];
}

/** What {@link recorded} makes. */
export class RecordedFunction<Inputs extends readonly Tensor<DType>[], T> {
  private readonly fn: (...inputs: Inputs) => T;
  private readonly device: Device;
  private readonly limit: number;
  private readonly settings: () => string;
  /** The one that was used last at the end. */
  private readonly known = new Map<string, Calls<Inputs, T>>();

  /** @internal Use {@link recorded}. */
  constructor(fn: (...inputs: Inputs) => T, { device, limit = 8, settings = () => '' }: RecordedOptions) {
    if (!Number.isInteger(limit) || limit < 1) {
      throw new ConvoltError('ERR_ARGUMENT', `recorded: expected limit to be a whole number of at least 1, but got ${limit}`);
    }
    this.fn = fn;
    this.device = device === undefined ? defaultDevice() : resolveDevice(device);
    this.limit = limit;
    this.settings = settings;
  }

  /** How many recordings there are now. */
  get recordings(): number {
    return [...this.known.values()].filter(({ step }) => step).length;
  }

  /**
   * Does the function's work on these inputs, which are copied.
   *
   * @returns what the function returns. Its tensors belong to this object and hold their values up to the next call.
   * @throws ERR_RECORDING if the work cannot be recorded, see {@link capture}, or in another recording; ERR_ARGUMENT if an
   *   input is on another device.
   */
  run(...inputs: { [K in keyof Inputs]: StepInput }): T {
    refuseRecording('a recorded function', 'recordings do not nest');
    const given: readonly StepInput[] = inputs;
    const key = [this.settings(), ...given.map((input) => this.kindOf(input))].join(' ');
    const calls = this.known.get(key);
    if (!calls) return this.callFirst(key, given);
    this.known.delete(key);
    this.known.set(key, calls);
    for (const [i, input] of given.entries()) overwrite(calls.inputs[i], input);
    calls.step ??= capture(() => this.fn(...calls.inputs), { device: this.device });
    return calls.step.replay();
  }

  /** Not recorded: these shapes may not come again. */
  private callFirst(key: string, given: readonly StepInput[]): T {
    const [oldest] = this.known.keys();
    if (oldest !== undefined && this.known.size >= this.limit) this.forget(oldest);
    const copies: readonly Tensor<DType>[] = given.map((input) => keep(this.copied(input)));
    const inputs = copies as Inputs, owned: Disposable[] = [...copies];
    this.known.set(key, { inputs, owned });
    const { result, made } = handingOver(() => this.fn(...inputs));
    for (const object of made) if (object instanceof Tensor) object.leaveGraph();
    owned.push(...made);
    return result;
  }

  private kindOf(input: StepInput): string {
    if (!(input instanceof Tensor)) return `${dtypeOf(input.data)} ${shapeText(input.shape)}`;
    if (input.device !== this.device) {
      throw new ConvoltError('ERR_ARGUMENT', `recorded: expected tensors on ${this.device.name}, but got ${input.toString()}`);
    }
    return `${input.dtype} ${shapeText(input.shape)}`;
  }

  private copied(input: StepInput): Tensor<DType> {
    if (input instanceof Tensor) return converted(input, input.dtype);
    return tensor(input.data, { shape: input.shape, device: this.device });
  }

  private forget(key: string): void {
    const calls = this.known.get(key);
    this.known.delete(key);
    calls?.step?.dispose();
    for (const object of calls?.owned ?? []) object.dispose();
  }

  /** Frees all recordings, with inputs and outputs. The function can be called again. */
  dispose(): void {
    for (const key of this.known.keys()) this.forget(key);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

function overwrite(target: Tensor<DType> | undefined, input: StepInput): void {
  if (input instanceof Tensor) target?.copyFrom(input);
  else target?.write(input.data);
}

/**
 * A function whose work is recorded when inputs of the same shapes and types come a second time; from then on a call
 * copies its inputs and replays, see {@link capture}:
 *
 *     const step = recorded((images: Tensor<'uint8'>, labels: Tensor<'int32'>) => { …; return { loss } });
 *     for await (const { images, shape, labels } of batches(…)) {
 *       const { loss } = step.run({ data: images, shape }, { data: labels, shape: [labels.length] });
 *     }
 *
 * @param fn from tensors on one device to a result; what {@link capture} says of functions holds for it.
 * @throws ERR_ARGUMENT if the limit is no whole number of at least 1.
 */
export function recorded<Inputs extends readonly Tensor<DType>[], T>(
  fn: (...inputs: Inputs) => T,
  options: RecordedOptions = {},
): RecordedFunction<Inputs, T> {
  return new RecordedFunction(fn, options);
}
