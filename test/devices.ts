import { cudaInfo } from '../lib/core/device.js';

/**
 * The devices on which tests of ops run, by name: those of CONVOLT_TEST_DEVICES (a comma list), or by default
 * cpu, emu, and cuda where it is usable.
 */
export const testDevices: readonly string[] =
  process.env['CONVOLT_TEST_DEVICES']?.split(',') ?? ['cpu', 'emu', ...(cudaInfo().devices.length > 0 ? ['cuda'] : [])];
