/** Steps that are recorded once and then repeated by the device alone: a CUDA graph on `cuda`, a list of ops elsewhere. */
import { native } from '../native.js';
import { defaultDevice, type Device } from './device.js';
import { ConvoltError, fromNative } from './errors.js';
import type { HalfCopy } from './half_copies.js';
import { refuseRecording, whileRecording, type RecordedChanges } from './recording.js';
import { handingOver, type Disposable } from './scope.js';
import { resolveDevice, Tensor } from './tensor.js';

/** Frees recordings that were dropped without being disposed; a safety net, as for tensors. */
const dropped = new FinalizationRegistry<number>((recorded) => {
  native.freeRecorded(recorded);
});

/** What {@link capture} makes. */
export class RecordedStep<T> {
  /** What the recorded function returned. Its tensors hold what the last replay computed, and belong to the step. */
  readonly output: T;
  private readonly recorded: number;
  private readonly owned: readonly Disposable[];
  private readonly changes: RecordedChanges;
  /** Rounded copies that the step leaves up to date. */
  private readonly written: readonly HalfCopy[];
  private disposed = false;

  /** @internal Use {@link capture}. */
  constructor(recorded: number, output: T, owned: readonly Disposable[], changes: RecordedChanges) {
    this.recorded = recorded;
    this.output = output;
    this.owned = owned;
    this.changes = changes;
    this.written = [...changes.copies].filter(({ isFresh }) => isFresh);
    dropped.register(this, recorded, this);
  }

  /**
   * Gives all of the step's work to the device, in one call.
   *
   * @returns {@link output}.
   * @throws ERR_ARGUMENT if the step was disposed, or its weights were changed after their optimiser was disposed;
   *   ERR_RECORDING inside of another one that is being recorded.
   */
  replay(): T {
    if (this.disposed) throw new ConvoltError('ERR_ARGUMENT', 'replay: expected a live recorded step, but got one that was disposed');
    refuseRecording('the replay of another step', 'recordings do not nest');
    for (const copy of this.changes.copies) copy.refresh();
    try {
      native.replay(this.recorded);
    } catch (error) {
      throw fromNative(error);
    }
    for (const storage of this.changes.updated) storage.noteUpdate();
    for (const copy of this.written) copy.markFresh();
    return this.output;
  }

  /** Frees the step's memory and its outputs, once the work given so far has run. */
  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    dropped.unregister(this);
    for (const object of this.owned) object.dispose();
    native.freeRecorded(this.recorded);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

export interface CaptureOptions {
  /** The device that records. Default: {@link defaultDevice}. */
  device?: Device | string | undefined;
}

/**
 * Runs `fn` once and records the work that it gives to a device, without doing it. The step then does all of it whenever
 * it is replayed, for the price of one call, and computes the same bits as `fn` would:
 *
 *     const x = tensor(images, { shape: [64, 28, 28, 1] }), labels = tensor(digits);
 *     train();                            // once as ever, so that all that lasts is there
 *     const step = capture(train);        // zeroGrad, forward, backward, optimizer.step; returns the loss
 *     for (…) {
 *       x.write(…); labels.write(…); optimizer.lr = …;
 *       const loss = step.replay();
 *     }
 *
 * Only the device's work is repeated, on the memory that it was recorded with: what `fn` decides by numbers and settings
 * of the host stays as it was. Learning rate, step count, running statistics and random states live on the device and
 * go on from replay to replay. What `fn` makes lives in memory of the step's own, and its tensors from outside stay
 * alive with it. On `cuda` run `fn` once before, as kernels are loaded when they first run.
 *
 * @param fn gives work to one device and returns no promise. What it returns is outside of any gradient.
 * @throws ERR_RECORDING, and records nothing, if `fn` reads a tensor to the host, waits for the device, overwrites a tensor
 *   from the host, uses another device or records or replays a step; ERR_ARGUMENT if it returns a promise; what fn throws.
 */
export function capture<T>(fn: () => T, { device }: CaptureOptions = {}): RecordedStep<T> {
  const on = device === undefined ? defaultDevice() : resolveDevice(device);
  return whileRecording(on, (changes) => {
    native.beginRecording(on.id);
    try {
      const { result, made } = handingOver(() => synchronous(fn()));
      for (const object of made) if (object instanceof Tensor) object.leaveGraph();
      return new RecordedStep(endRecording(), result, made, changes);
    } finally {
      native.abandonRecording(); // has nothing to do where it was ended
    }
  });
}

function endRecording(): number {
  try {
    return native.endRecording();
  } catch (error) {
    throw fromNative(error);
  }
}

function synchronous<T>(result: T): T {
  if (!(result instanceof Promise)) return result;
  result.catch(() => undefined); // what it waits for is of no interest any more
  throw new ConvoltError('ERR_ARGUMENT', 'capture: expected a function that returns no promise, but got an async one');
}
