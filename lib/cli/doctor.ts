/** `convolt doctor`: what this machine offers. */
import os from 'node:os';

import type { DeviceInfo } from '../core/device.js';
import { ConvoltError } from '../core/errors.js';

const usage = `Usage: convolt doctor [--json]

Says what is there: CPU, oneDNN, OpenMP, GPUs, driver, toolkit that built the kernels, and whether each device
is usable.

Examples:
  convolt doctor
  convolt doctor --json

Exit codes: 0 convolt can run, 1 it cannot, 2 wrong options.
`;

interface Findings {
  convolt: string;
  node: string;
  platform: string;
  cpu: { model: string; cores: number };
  /** Whether the native addon could be loaded; if not, nothing below is known. */
  addon: { usable: boolean; reason: string };
  openmp?: { threads: number; source: string };
  cuda?: {
    usable: boolean;
    /** Why it is not usable. */
    reason: string;
    /** Of the library with the kernels: the toolkit that built it and its GPUs; null if it cannot be used. */
    sidecar: { toolkit: string; architectures: string } | null;
    /** The newest CUDA that the driver can run; null without a driver. */
    driver: string | null;
    gpus: { name: string; computeCapability: string; multiprocessors: number; memory: number }[];
  };
  /** What each is, oneDNN's version among it, or why it is not usable. */
  devices?: DeviceInfo[];
}

/** Runs the command. Returns the exit code: 1 if the addon cannot be loaded. */
export async function doctor(options: readonly string[], version: string): Promise<number> {
  if (options.includes('--help')) {
    process.stdout.write(usage);
    return 0;
  }
  const unknown = options.find((option) => option !== '--json');
  if (unknown !== undefined) {
    throw new ConvoltError(
      'ERR_ARGUMENT',
      `convolt doctor: expected no option but --json, but got "${unknown}"`,
    );
  }
  const findings = await examine(version);
  if (options.includes('--json')) console.log(JSON.stringify(findings));
  else console.log(describe(findings));
  return findings.addon.usable ? 0 : 1;
}

async function examine(version: string): Promise<Findings> {
  const findings: Findings = {
    convolt: version,
    node: process.version,
    platform: `${process.platform}-${process.arch}, ${os.type()} ${os.release()}`,
    cpu: { model: os.cpus()[0]?.model.trim() ?? 'unknown', cores: os.availableParallelism() },
    addon: { usable: true, reason: '' },
  };
  try {
    const { cudaInfo, devices } = await import('../core/device.js');
    const {
      sidecar,
      toolkit = 'unknown',
      architectures = 'unknown',
      driver,
      devices: gpus,
      reason,
    } = cudaInfo();
    findings.openmp = openmpThreads();
    findings.cuda = {
      usable: gpus.length > 0,
      reason,
      sidecar: sidecar ? { toolkit, architectures } : null,
      driver: driver ? cudaVersion(driver) : null,
      gpus,
    };
    findings.devices = devices();
  } catch (error) {
    if (!(error instanceof ConvoltError)) throw error;
    findings.addon = { usable: false, reason: error.message };
  }
  return findings;
}

/** How many threads OpenMP starts, and what says so. */
function openmpThreads(): { threads: number; source: string } {
  const asked = Number.parseInt(process.env['OMP_NUM_THREADS'] ?? '', 10);
  return asked >= 1
    ? { threads: asked, source: 'OMP_NUM_THREADS' }
    : { threads: os.availableParallelism(), source: 'one for each core' };
}

/** 13000 is CUDA's way of writing 13.0. */
function cudaVersion(code: number): string {
  return `${Math.floor(code / 1000)}.${Math.floor((code % 1000) / 10)}`;
}

function describe(found: Findings): string {
  const lines: [string, string][] = [
    ['convolt', found.convolt],
    ['Node', `${found.node} on ${found.platform}`],
    ['CPU', `${found.cpu.model}, ${found.cpu.cores} ${found.cpu.cores === 1 ? 'core' : 'cores'}`],
  ];
  if (!found.addon.usable) lines.push(['addon', `not usable: ${found.addon.reason}`]);
  if (found.openmp) lines.push(['OpenMP', `${found.openmp.threads} threads (${found.openmp.source})`]);
  if (found.cuda) {
    const { sidecar, driver, gpus } = found.cuda;
    lines.push(
      [
        'sidecar',
        sidecar
          ? `libconvolt_cuda.so, built by CUDA ${sidecar.toolkit} for ${sidecar.architectures}`
          : 'libconvolt_cuda.so cannot be used',
      ],
      [
        'driver',
        driver
          ? `runs CUDA up to ${driver}`
          : sidecar
            ? 'none found'
            : 'unknown, as the sidecar would ask it',
      ],
      ['GPUs', gpus.length > 0 ? String(gpus.length) : 'none found'],
    );
  }
  for (const { name, usable, description } of found.devices ?? []) {
    lines.push([name, usable ? `usable: ${description}` : `not usable: ${description}`]);
  }
  const width = Math.max(...lines.map(([label]) => label.length)) + 2;
  return lines.map(([label, text]) => label.padEnd(width) + text).join('\n');
}
