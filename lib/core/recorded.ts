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
  /** Does what cannot be recorded, or finds no memory for it, unrecorded from then on, instead of throwing. Default false. */
  fallback?: boolean;
}

/** Calls with inputs of the same shapes and types. */
interface Calls<Inputs, T> {
  inputs: Inputs;
  /** Of the last call that was not recorded. */
  outputs: readonly Disposable[];
  /** From the second call on, unless it cannot be. */
  step?: RecordedStep<T>;
}

/** What {@link recorded} makes. */
export class RecordedFunction<Inputs extends readonly Tensor<DType>[], T> {
  private readonly fn: (...inputs: Inputs) => T;
  private readonly device: Device;
  private readonly limit: number;
  private readonly settings: () => string;
  private readonly fallback: boolean;
  /** The one that was used last at the end. */
  private readonly known = new Map<string, Calls<Inputs, T>>();
  private whyNot: string | null = null;

  /** @internal Use {@link recorded}. */
  constructor(fn: (...inputs: Inputs) => T, { device, limit = 8, settings = () => '', fallback = false }: RecordedOptions) {
    if (!Number.isInteger(limit) || limit < 1) {
      throw new ConvoltError('ERR_ARGUMENT', `recorded: expected limit to be a whole number of at least 1, but got ${limit}`);
    }
    this.fn = fn;
    this.device = device === undefined ? defaultDevice() : resolveDevice(device);
    this.limit = limit;
    this.settings = settings;
    this.fallback = fallback;
  }

  /** How many recordings there are now. */
  get recordings(): number {
    return [...this.known.values()].filter(({ step }) => step).length;
  }

  /** Why calls are no longer recorded, see {@link RecordedOptions.fallback}; null while they are. */
  get notRecorded(): string | null {
    return this.whyNot;
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
    if (!calls) return this.callPlainly(this.begin(key, given)); // these shapes may not come again
    this.known.delete(key);
    this.known.set(key, calls);
    for (const [i, input] of given.entries()) overwrite(calls.inputs[i], input);
    const step = this.recordingOf(calls);
    return step ? step.replay() : this.callPlainly(calls);
  }

  private begin(key: string, given: readonly StepInput[]): Calls<Inputs, T> {
    const [oldest] = this.known.keys();
    if (oldest !== undefined && this.known.size >= this.limit) this.forget(oldest);
    const copies: readonly Tensor<DType>[] = given.map((input) => keep(this.copied(input)));
    const calls: Calls<Inputs, T> = { inputs: copies as Inputs, outputs: [] };
    this.known.set(key, calls);
    return calls;
  }

  private callPlainly(calls: Calls<Inputs, T>): T {
    for (const object of calls.outputs) object.dispose();
    calls.outputs = [];
    const { result, made } = handingOver(() => this.fn(...calls.inputs));
    for (const object of made) if (object instanceof Tensor) object.leaveGraph();
    calls.outputs = made;
    return result;
  }

  private recordingOf(calls: Calls<Inputs, T>): RecordedStep<T> | undefined {
    if (calls.step || this.whyNot !== null) return calls.step;
    try {
      return (calls.step = capture(() => this.fn(...calls.inputs), { device: this.device }));
    } catch (error) {
      if (!this.fallback || !isOfRecording(error)) throw error;
      this.whyNot = error.message;
      for (const each of this.known.values()) {
        each.step?.dispose();
        delete each.step;
      }
      return undefined;
    }
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
    for (const object of [...(calls?.inputs ?? []), ...(calls?.outputs ?? [])]) object.dispose();
  }

  /** Frees all recordings, with inputs and outputs. The function can be called again. */
  dispose(): void {
    for (const key of this.known.keys()) this.forget(key);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** Whether the work may go on without being recorded: it cannot be, or there is no room for it beside all else. */
function isOfRecording(error: unknown): error is ConvoltError {
  return error instanceof ConvoltError && (error.code === 'ERR_RECORDING' || error.code === 'ERR_OUT_OF_MEMORY');
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
