import { native, type Handle } from '../native.js';
import type { Device } from './device.js';
import type { DType } from './dtype.js';
import { noteUpdated } from './recording.js';
import type { Shape } from './shape.js';

/**
 * Frees slots whose owners were dropped without being disposed. It is a safety net only: no finalizer runs
 * inside a synchronous loop.
 */
const dropped = new FinalizationRegistry<Handle>((handle) => native.free(handle));

/** A tensor that a view is a part of: its memory and shape, and the place of the view's first element. */
export interface Whole {
  storage: Storage;
  shape: Shape;
  offset: number;
}

/** The memory behind one or more tensors, freed when the last of them, or of the tape's saved ones, lets go. */
export class Storage {
  readonly handle: Handle;
  readonly device: Device;
  readonly dtype: DType;
  /** The storage that this one is a part of; itself if it is not a view. */
  readonly base: Storage;
  /** The tensor that this is a view of, if it is one. */
  readonly within: Whole | undefined;
  private owners = 1;
  private versions = 0;

  constructor(handle: Handle, device: Device, dtype: DType, within?: Whole) {
    this.handle = handle;
    this.device = device;
    this.dtype = dtype;
    this.base = within?.storage.base ?? this;
    this.within = within;
    dropped.register(this, handle, this);
  }

  /** How often the memory, with all that is a part of it, was written to after it was made. */
  get version(): number {
    return this.base.versions;
  }

  /** Counts that somebody writes to the memory. */
  noteUpdate(): void {
    this.base.versions++;
    noteUpdated(this.base);
  }

  /** Whether more than one tensor uses the memory. Views of a flat buffer do not count: each is an own storage. */
  get isShared(): boolean {
    return this.owners > 1;
  }

  /** Whether the last tensor has let go. */
  get isFreed(): boolean {
    return this.owners <= 0;
  }

  retain(): this {
    this.owners++;
    return this;
  }

  release(): void {
    if (--this.owners > 0) return;
    dropped.unregister(this);
    native.free(this.handle);
  }
}
