/** The file in which {@link setBenchmark} keeps its choices from process to process. */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

import { native } from '../native.js';

/** For each device, for each problem: the name of what was fastest. */
export type Choices = Record<string, Record<string, string>>;

const format = 'convolt benchmark';

/** Where the file is; null if there is to be none. */
export function cachePath(): string | null {
  const named = process.env['CONVOLT_BENCHMARK_CACHE'];
  if (named !== undefined) return named === '' ? null : named;
  return join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'convolt', 'benchmark.json');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isChoices(value: unknown): value is Choices {
  return isRecord(value) && Object.values(value).every((of) => isRecord(of) && Object.values(of).every((name) => typeof name === 'string'));
}

/** What the file says; nothing if it is not there, damaged, of another version of convolt, or something else altogether. */
export function readChoices(): Choices {
  const path = cachePath();
  if (path === null) return {};
  try {
    const content: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (!isRecord(content) || content['format'] !== format || content['version'] !== native.version) return {};
    return isChoices(content['devices']) ? content['devices'] : {};
  } catch {
    return {}; // a cache that cannot be read is one that is not there
  }
}

/** Adds a choice to what the file says now. The file is whole at any time; where it cannot be written, all stays as it is. */
export function writeChoice(device: string, problem: string, name: string): void {
  const path = cachePath();
  if (path === null) return;
  const devices = readChoices();
  (devices[device] ??= {})[problem] = name;
  const unfinished = `${path}.${process.pid}.${Math.random().toString(36).slice(2)}.part`;
  try {
    mkdirSync(dirname(path), { recursive: true });
    try {
      writeFileSync(unfinished, `${JSON.stringify({ format, version: native.version, devices }, null, 1)}\n`);
      renameSync(unfinished, path);
    } finally {
      rmSync(unfinished, { force: true });
    }
  } catch {
    // The choice holds for this process all the same.
  }
}
