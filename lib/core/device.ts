import { native, type NativeCuda, type NativeMemory } from '../native.js';
import { ConvoltError, fromNative } from './errors.js';
import { refuseRecording } from './recording.js';

export type Backend = 'cpu' | 'emu' | 'cuda';

export type { NativeMemory as MemoryUse };

/**
 * A device: `cpu` (oneDNN and plain loops), `cuda:0`, `cuda:1`, … (our kernels on an NVIDIA GPU), or `emu`
 * (the same kernels, emulated on the host; exact and slow). Work on a device runs in the order in which it
 * was given, and the functions that give it return before it has run.
 */
export class Device {
  readonly backend: Backend;
  readonly ordinal: number;
  /** The device's number in native calls. @internal */
  readonly id: number;

  /** @internal Use {@link device}. */
  constructor(backend: Backend, ordinal: number, id: number) {
    this.backend = backend;
    this.ordinal = ordinal;
    this.id = id;
  }

  get name(): string {
    return this.backend === 'cuda' ? `cuda:${this.ordinal}` : this.backend;
  }

  /** Resolves when all work given so far has run; rejects with what went wrong in it. @throws ERR_RECORDING in {@link capture}. */
  synchronize(): Promise<void> {
    refuseRecording('synchronize()', 'it waits for the device');
    return this.wait();
  }

  private async wait(): Promise<void> {
    try {
      await native.synchronize(this.id);
    } catch (error) {
      throw fromNative(error);
    }
  }

  /**
   * Notes the moment at which the work given so far has run, by the device's own clock: a CUDA event on a GPU, the time of
   * the thread that does the work elsewhere. {@link intervals} tells what lies between two marks.
   */
  mark(): void {
    native.mark(this.id);
  }

  /**
   * Waits for all work given so far, and forgets the marks.
   *
   * @returns milliseconds from each {@link mark} to the next, in their order; none if there was one mark or none.
   */
  async intervals(): Promise<readonly number[]> {
    await this.synchronize();
    return native.intervals(this.id);
  }

  /** Bytes in use, reserved and at the peak, and the number of live tensors. */
  memory(): NativeMemory {
    return native.memory(this.id);
  }

  /** Makes allocations beyond `bytes` fail with ERR_OUT_OF_MEMORY; 0 removes the limit. */
  setMemoryLimit(bytes: number): void {
    if (!Number.isSafeInteger(bytes) || bytes < 0) {
      throw new ConvoltError('ERR_ARGUMENT', `setMemoryLimit: expected bytes to be a whole number of at least 0, but got ${bytes}`);
    }
    native.setMemoryLimit(this.id, bytes);
  }

  /** Gives cached memory back to the system, and frees the tensors that ops keep from call to call, such as tables. */
  releaseCachedMemory(): void {
    refuseRecording('releaseCachedMemory()', 'it waits for the device');
    for (const empty of caches) empty(this);
    native.trim(this.id);
  }

  toString(): string {
    return this.name;
  }
}

const caches: ((device: Device) => void)[] = [];

/** Has `empty` called where a device's cached memory is released: it frees what an op keeps there from call to call. @internal */
export function onRelease(empty: (device: Device) => void): void {
  caches.push(empty);
}

const opened = new Map<string, Device>();
let cudaFound: NativeCuda | undefined;
let chosen: Device | undefined;

/** What the machine offers CUDA, and why it is not usable if it is not. */
export function cudaInfo(): NativeCuda {
  return (cudaFound ??= native.cuda());
}

export interface DeviceInfo {
  name: string;
  usable: boolean;
  /** What it is, or why it cannot be used. */
  description: string;
}

/** Every device that convolt knows of on this machine, the usable and the unusable. */
export function devices(): DeviceInfo[] {
  const cuda = cudaInfo();
  const gpus = cuda.devices.map((gpu, ordinal) => ({
    name: `cuda:${ordinal}`,
    usable: true,
    description: `${gpu.name}, compute capability ${gpu.computeCapability}, ${(gpu.memory / 2 ** 30).toFixed(0)} GiB`,
  }));
  return [
    ...(gpus.length > 0 ? gpus : [{ name: 'cuda', usable: false, description: cuda.reason }]),
    { name: 'cpu', usable: true, description: `oneDNN ${native.host().onednn}` },
    { name: 'emu', usable: true, description: 'the CUDA kernels, emulated on the host (exact and slow)' },
  ];
}

/**
 * Opens a device by name.
 *
 * @param name `cpu`, `emu`, `cuda` (the first GPU) or `cuda:N`.
 * @throws ERR_DEVICE if there is no such device or it cannot be used; the message says why.
 */
export function device(name: string): Device {
  const found = opened.get(name);
  if (found) return found;
  const match = /^(?:(cpu|emu)|(cuda)(?::(\d+))?)$/.exec(name);
  if (!match) throw new ConvoltError('ERR_DEVICE', `device: expected cpu, emu, cuda or cuda:N, but got "${name}"`);
  const backend: Backend = match[1] === 'cpu' || match[1] === 'emu' ? match[1] : 'cuda';
  const ordinal = Number(match[3] ?? 0);
  if (backend === 'cuda') {
    const cuda = cudaInfo();
    if (cuda.devices.length === 0) throw new ConvoltError('ERR_DEVICE', `device: expected ${name} to be usable, but ${cuda.reason}`);
    if (ordinal >= cuda.devices.length) {
      throw new ConvoltError('ERR_DEVICE', `device: expected a GPU number below ${cuda.devices.length}, but got ${name}`);
    }
  }
  const canonical = backend === 'cuda' ? `cuda:${ordinal}` : backend;
  const result = opened.get(canonical) ?? new Device(backend, ordinal, native.open(backend, ordinal));
  opened.set(canonical, result);
  opened.set(name, result);
  return result;
}

/** The device on which tensors are made when none is named: the first GPU if one is usable, else the CPU. */
export function defaultDevice(): Device {
  return (chosen ??= device(cudaInfo().devices.length > 0 ? 'cuda:0' : 'cpu'));
}

/** Sets what {@link defaultDevice} returns. */
export function setDefaultDevice(value: Device | string): void {
  chosen = typeof value === 'string' ? device(value) : value;
}
