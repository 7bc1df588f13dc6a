/**
 * The only file that loads the addon.
 *
 * oneDNN and our own CPU loops share OpenMP's threads. Waiting threads that spin would starve whatever else
 * runs, so they are told to sleep before the library is loaded (spinning under load cost 95 % of the speed).
 */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

import { ConvoltError } from './core/errors.js';

export type NativeData = Float32Array | Int32Array | Uint8Array;

/** A slot of the native runtime: an int32 that is never 0. */
export type Handle = number;

/** Bytes and tensors on one device. `limit` is 0 when there is none. */
export interface NativeMemory {
  inUse: number;
  reserved: number;
  peak: number;
  limit: number;
  tensors: number;
}

export interface NativeCuda {
  /** Whether the library with the CUDA kernels is there and could be loaded. */
  sidecar: boolean;
  /** CUDA version of the driver as CUDA encodes it (13000 is 13.0), 0 without a driver. */
  driver?: number;
  toolkit?: string;
  architectures?: string;
  devices: { name: string; computeCapability: string; multiprocessors: number; memory: number }[];
  /** Why `devices` is empty, in words; otherwise ''. */
  reason: string;
}

/** The functions of native/addon.cc. All throw an Error whose message begins with `internal:` for our own bugs. */
export interface Addon {
  readonly version: string;
  readonly manifest: readonly { name: string; inputs: string; outputs: string; params: string; fields: string }[];
  /** Pins the words through which run() gets its arguments and gives its results. */
  bind(words: Int32Array): void;
  run(op: number, device: number): void;
  open(backend: string, ordinal: number): number;
  create(device: number, data: NativeData): Handle;
  write(handle: Handle, data: NativeData): void;
  view(handle: Handle, offset: number, numel: number): Handle;
  free(handle: Handle): void;
  read(handle: Handle): Promise<NativeData>;
  synchronize(device: number): Promise<void>;
  /** Blocks until all work given so far has run. */
  wait(device: number): void;
  /** Notes the moment at which the stream gets here. */
  mark(device: number): void;
  /** Milliseconds from each mark to the next; all must have been reached. */
  intervals(device: number): number[];
  memory(device: number): NativeMemory;
  setMemoryLimit(device: number, bytes: number): void;
  trim(device: number): void;
  /** From here on ops and data for a device are kept, not done, up to endRecording() or abandonRecording(). */
  beginRecording(device: number): void;
  /** The number of what was kept, for replay(). */
  endRecording(): number;
  abandonRecording(): void;
  replay(recorded: number): void;
  freeRecorded(recorded: number): void;
  host(): { onednn: string; checked: boolean };
  cuda(): NativeCuda;
}

function load(): Addon {
  // Threads that spin while they wait take the cores from others for whole time slices when the machine is busy, and
  // sleeping ones need 100 us to wake: they spin for a while.
  process.env['OMP_WAIT_POLICY'] ??= 'passive';
  process.env['GOMP_SPINCOUNT'] ??= '10000';
  const require = createRequire(import.meta.url);
  const root = fileURLToPath(new URL('..', import.meta.url));
  const file = process.env['CONVOLT_ADDON'];
  try {
    if (file) return require(file) as Addon;
    return (require('node-gyp-build') as (folder: string) => Addon)(root);
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
    throw new ConvoltError(
      'ERR_DEVICE',
      `convolt: expected a native addon for ${process.platform}-${process.arch} (Linux with glibc, x64 or arm64), but ${reason}`,
    );
  }
}

export const native: Addon = load();
