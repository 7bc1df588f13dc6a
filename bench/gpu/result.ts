/** What the GPU benchmark finds out, as it is written to bench/results. */
import type { Hardware } from '../hardware.js';

export const parts = ['correctness', 'sanitizer', 'ceilings', 'convolutions', 'memory', 'steps', 'dispatch'] as const;
export type Part = (typeof parts)[number];

/** The median of several runs, and how far they lie apart: (90th - 10th percentile) / median. */
export interface Timing {
  milliseconds: number;
  spread: number;
  runs: number;
}

/** A timing, or why there is none. */
export type Measured = Timing | { why: string };

export const isTiming = (measured: Measured | undefined): measured is Timing => measured !== undefined && 'milliseconds' in measured;

export interface Row {
  part: Part;
  name: string;
  /** Which rows belong together where means are taken. */
  kind: string;
  /** Multiplications and additions, and the fewest bytes to be moved. 0: not counted. */
  flops: number;
  bytes: number;
  ours: Measured;
  /** By the peer's name. */
  peers: Record<string, Measured>;
  /** Images in a step. */
  images?: number;
  /** The most memory in use, in bytes, ours and the peers'. */
  peak?: Record<string, number>;
  /** Of our steps: null where they were recorded, else why not. */
  notRecorded?: string | null;
}

/** A ceiling of the machine, as the fastest of several programs reached it. */
export interface Ceilings {
  bytesPerSecond: number | null;
  flopsPerSecond: number | null;
  /** Each program's figure, in bytes or operations a second. */
  found: { what: 'copy' | 'matrix product'; by: string; perSecond: number }[];
}

export interface Check {
  part: 'correctness' | 'sanitizer';
  name: string;
  passed: number;
  failed: number;
  seconds: number;
  /** What went wrong, or where it is to be read. */
  note: string;
}

export interface Gpu {
  name: string;
  computeCapability: string;
  multiprocessors: number;
  memoryGiB: number;
  driver: string;
  toolkit: string;
}

export interface GpuResult {
  benchmark: 'gpu';
  /** The device, and whether this was a trial of the benchmark itself: then no figure in it means anything. */
  device: string;
  dryRun: boolean;
  filter: string | null;
  hardware: Hardware;
  gpu: Gpu | null;
  /** Of cuDNN, PyTorch and the like. */
  versions: Record<string, string>;
  /** Of the random inputs. */
  seed: number;
  seconds: number;
  ceilings: Ceilings;
  checks: Check[];
  rows: Row[];
  /** What was asked for and has no figure. */
  notMeasured: { what: string; why: string }[];
}
