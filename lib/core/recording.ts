/** Whether a step is being recorded, for what cannot be a part of one. */
import type { Device } from './device.js';
import { ConvoltError } from './errors.js';
import type { HalfCopy } from './half_copies.js';
import type { Storage } from './storage.js';

/** What the host keeps account of and a replay changes. */
export interface RecordedChanges {
  /** Memory that is written to. */
  readonly updated: ReadonlySet<Storage>;
  /** Rounded copies of parameters that have to be up to date when a replay begins. */
  readonly copies: ReadonlySet<HalfCopy>;
}

let recordingDevice: Device | null = null;
let updated = new Set<Storage>(), copies = new Set<HalfCopy>();
let changes = 0;

/** Whether {@link capture} is recording. @internal */
export function isRecordingStep(): boolean {
  return recordingDevice !== null;
}

/** Runs `fn` while a device records. What it is given fills meanwhile. @internal */
export function whileRecording<T>(device: Device, fn: (changes: RecordedChanges) => T): T {
  refuseRecording('another capture()', 'recordings do not nest');
  recordingDevice = device;
  updated = new Set();
  copies = new Set();
  try {
    return fn({ updated, copies });
  } finally {
    recordingDevice = null;
  }
}

/** Notes, for a step that is being recorded, memory that it writes to. @internal */
export function noteUpdated(storage: Storage): void {
  if (recordingDevice) updated.add(storage);
}

/** Notes, for a step that is being recorded, a rounded copy that it relies on. @internal */
export function noteCopyUsed(copy: HalfCopy): void {
  if (recordingDevice) copies.add(copy);
}

/**
 * Refuses, while a step is being recorded, what a replay would not repeat.
 *
 * @param what is not a part of a recorded step. @param why not.
 * @throws ERR_RECORDING while a step is being recorded.
 * @internal
 */
export function refuseRecording(what: string, why: string): void {
  if (!recordingDevice) return;
  throw new ConvoltError('ERR_RECORDING', `capture: expected only work that ${recordingDevice.name} can repeat by itself, but got ${what}: ${why}`);
}

/** Refuses, while a step is being recorded, work on another device. @throws ERR_RECORDING @internal */
export function checkRecordingDevice(what: string, device: Device): void {
  if (recordingDevice && recordingDevice !== device) refuseRecording(`${what} on ${device.name}`, 'one device records');
}

/** Notes that something has changed which decides what a model's forward() does. @internal */
export function noteChange(): void {
  changes++;
}

/** How often {@link noteChange} was called: as long as it stays, a recorded forward() is what a new one would be. @internal */
export function changesNoted(): number {
  return changes;
}
