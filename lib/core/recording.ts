/** Whether a step is being recorded, for what cannot be a part of one. */
import type { Device } from './device.js';
import { ConvoltError } from './errors.js';

let recordingDevice: Device | null = null;
let changes = 0;

/** Whether {@link capture} is recording. @internal */
export function isRecordingStep(): boolean {
  return recordingDevice !== null;
}

/** Runs `fn` while a device records. @internal */
export function whileRecording<T>(device: Device, fn: () => T): T {
  refuseRecording('another capture()', 'recordings do not nest');
  recordingDevice = device;
  try {
    return fn();
  } finally {
    recordingDevice = null;
  }
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
