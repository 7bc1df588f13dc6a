/** Names of saved tensors against those of a model. */
import { didYouMean } from '../core/did_you_mean.js';

export interface ComparedNames {
  /** The model's that are not saved. */
  missing: string[];
  /** Saved ones that are not the model's. */
  unexpected: string[];
  /** Both, for a message; empty if there are none. */
  problems: string[];
}

/** More names than these are those of another network, and no slips. */
const mostSlips = 20;

/** Compares names; an unexpected one is told with the missing one that it may stand for. */
export function compareNames(own: Iterable<string>, saved: Iterable<string>): ComparedNames {
  const expected = new Set(own), given = new Set(saved);
  const missing = [...expected].filter((name) => !given.has(name)), unexpected = [...given].filter((name) => !expected.has(name));
  const slip = unexpected.length <= mostSlips ? unexpected.map((name) => didYouMean(name, missing)).find((hint) => hint !== '') : undefined;
  const problems: string[] = [];
  if (missing.length > 0) problems.push(`missing ${missing.join(', ')}`);
  if (unexpected.length > 0) problems.push(`unexpected ${unexpected.join(', ')}${slip ?? ''}`);
  return { missing, unexpected, problems };
}
