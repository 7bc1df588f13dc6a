/**
 * Copies in 16 bits of parameters, or of the buffers that hold them: {@link autocast} multiplies with them instead of rounding
 * each weight in each forward pass, and the optimiser that changes the buffer writes the copy in the same pass.
 *
 * A copy holds what the buffer held at some version of it. Whatever else writes to the buffer makes another version, and the
 * copy is made anew when it is wanted next. In a recorded step a copy that is not up to date is left alone: weights are
 * rounded one by one there, as nothing that the recording says may hold only for its first replay.
 */
import type { HalfType } from './autocast.js';
import { ConvoltError } from './errors.js';
import { converted, overwrite } from './gradient_memory.js';
import { isRecordingStep, noteCopyUsed } from './recording.js';
import { keep, scope, track } from './scope.js';
import type { Storage } from './storage.js';
import { Tensor } from './tensor.js';

/** @internal */
export class HalfCopy {
  /** The rounded buffer. */
  readonly half: Tensor; // [size]
  private readonly values: Tensor; // [size]
  private readonly dtype: HalfType;
  private readonly storage: Storage; // of values
  private readonly parts = new Map<Storage, Tensor>();
  private version: number;

  constructor(values: Tensor, dtype: HalfType) {
    this.values = values;
    this.dtype = dtype;
    this.storage = values.storage;
    this.version = this.storage.version;
    this.half = keep(converted(values, dtype));
  }

  /** Whether it holds what the buffer holds. */
  get isFresh(): boolean {
    return this.version === this.storage.version;
  }

  /** Says that somebody has written the copy along with the buffer. */
  markFresh(): void {
    this.version = this.storage.version;
  }

  /** Makes it anew if it has to be. @throws ERR_ARGUMENT if there is no buffer any more. */
  refresh(): void {
    if (this.isFresh) return;
    if (this.values.isDisposed) {
      throw new ConvoltError('ERR_ARGUMENT', "replay: expected the optimiser of the recorded step's weights to be live, but it was disposed and they were changed");
    }
    scope(() => overwrite(this.half, converted(this.values, this.dtype)));
    this.markFresh();
  }

  /** The elements of a tensor that is a part of the buffer. */
  part(of: Tensor, offset: number): Tensor {
    let part = this.parts.get(of.storage);
    if (!part) this.parts.set(of.storage, (part = keep(this.half.view(offset, [of.numel]))));
    return track(new Tensor(part.storage.retain(), of.shape, this.dtype));
  }

  dispose(): void {
    for (const part of this.parts.values()) part.dispose();
    this.half.dispose();
  }
}

interface Buffer {
  values: Tensor;
  /** Whether what is asked for are tensors that are parts of it. */
  isFlat: boolean;
  copies: Map<HalfType, HalfCopy>;
}

const buffers = new WeakMap<Storage, Buffer>();

/**
 * Lets there be copies of a buffer from now on, when they are wanted: of parameters that are parts of it if it is flat, or
 * else of itself.
 *
 * @returns what ends that, and frees them.
 * @internal
 */
export function allowHalfCopies(values: Tensor, { isFlat }: { isFlat: boolean }): () => void {
  const { storage } = values, buffer: Buffer = { values, isFlat, copies: new Map() };
  buffers.set(storage, buffer);
  return () => {
    for (const copy of buffer.copies.values()) copy.dispose();
    if (buffers.get(storage) === buffer) buffers.delete(storage);
  };
}

function bufferOf({ storage }: Tensor): Buffer | null {
  const flat = storage.within && buffers.get(storage.within.storage);
  if (flat?.isFlat) return flat;
  const own = buffers.get(storage);
  return own && !own.isFlat ? own : null;
}

/** What holds a tensor's copies, if there may be some. @internal */
export function holderOfCopies(x: Tensor): object | null {
  return bufferOf(x);
}

/** A copy of a buffer that is up to date, for whoever changes both; undefined if there is none. @internal */
export function freshHalfCopy(values: Tensor): HalfCopy | undefined {
  const copy = [...(buffers.get(values.storage)?.copies.values() ?? [])].find(({ isFresh }) => isFresh);
  if (copy) noteCopyUsed(copy);
  return copy;
}

/** A tensor's rounded elements, from its copy or that of the buffer that it is a part of; null if there may be none. @internal */
export function keptInHalf(x: Tensor, dtype: HalfType): Tensor | null {
  const buffer = bufferOf(x);
  if (!buffer) return null;
  let copy = buffer.copies.get(dtype);
  if (isRecordingStep()) {
    if (!copy?.isFresh) return null;
    noteCopyUsed(copy);
  } else if (copy) {
    copy.refresh();
  } else {
    buffer.copies.set(dtype, (copy = new HalfCopy(buffer.values, dtype)));
  }
  return copy.part(x, buffer.isFlat ? (x.storage.within?.offset ?? 0) : 0);
}
