import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The path of a file that torch wrote. */
export function fixture(name: string): string {
  return fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));
}

/** A tensor as torch's values were written down. */
export interface PlainTensor {
  shape: number[];
  data: (number | string)[];
}

export function readJson<T>(name: string): T {
  return JSON.parse(readFileSync(fixture(name), 'utf8')) as T;
}
