/** Options that train best, and how sure that is: grids, draws and cross-validation. */
import type { Random } from '../core/random.js';
import type { Dataset } from '../data/index.js';
import { checkCount } from '../nn/arguments.js';
import { argumentError } from '../ops/arguments.js';

/** What an option may be. */
export type ChoiceValue = string | number | boolean;

/** One value for each option. */
export type Choice = Readonly<Record<string, ChoiceValue>>;

/** Values of an option to choose from: a list, or for draws all numbers of a range, by their logarithms if `log`. */
export type Values = readonly ChoiceValue[] | { from: number; to: number; log?: boolean };

/** Every combination of the values. @throws ERR_ARGUMENT if an option has none. */
export function gridOf(space: Readonly<Record<string, readonly ChoiceValue[]>>): Choice[] {
  return Object.entries(space).reduce<Choice[]>(
    (choices, [name, values]) => {
      if (values.length === 0) throw argumentError('gridOf', `expected values for ${name}, but got none`);
      return choices.flatMap((choice) => values.map((value) => ({ ...choice, [name]: value })));
    },
    [{}],
  );
}

/**
 * Values drawn for each option, `count` times.
 * Bergstra and Bengio, Random search for hyper-parameter optimization, 2012.
 *
 * @throws ERR_ARGUMENT if an option has no values, or the range of a logarithm does not begin above 0.
 */
export function drawsOf(space: Readonly<Record<string, Values>>, count: number, random: Random): Choice[] {
  checkCount('drawsOf', 'count', count);
  return Array.from({ length: count }, () => Object.fromEntries(Object.entries(space).map(([name, values]) => [name, draw(name, values, random)])));
}

function draw(name: string, values: Values, random: Random): ChoiceValue {
  if ('from' in values) {
    const { from, to, log = false } = values;
    if (log && !(from > 0)) throw argumentError('drawsOf', `expected the range of ${name} to begin above 0, but got ${from}`);
    const share = random.uniform();
    return log ? from * (to / from) ** share : from + (to - from) * share;
  }
  const value = values.length > 0 ? values[random.integer(values.length)] : undefined;
  if (value === undefined) throw argumentError('drawsOf', `expected values for ${name}, but got none`);
  return value;
}

export interface SearchResult {
  choice: Choice;
  /** What was measured, e.g. a test accuracy. */
  score: number;
  seconds: number;
}

export interface SearchOptions {
  /** Whether larger or smaller scores are better. Default 'larger'. */
  better?: 'larger' | 'smaller';
  /** Is told of each as it comes. */
  onResult?: (result: SearchResult) => void;
}

/**
 * Measures each choice, one after the other. The results come best first.
 *
 * @param measure trains with a choice and returns its score.
 */
export async function search(
  choices: readonly Choice[],
  measure: (choice: Choice) => Promise<number>,
  { better = 'larger', onResult }: SearchOptions = {},
): Promise<SearchResult[]> {
  const results: SearchResult[] = [];
  for (const choice of choices) {
    const began = performance.now();
    const score = await measure(choice);
    const result = { choice, score, seconds: (performance.now() - began) / 1000 };
    results.push(result);
    onResult?.(result);
  }
  const sign = better === 'larger' ? -1 : 1;
  const place = ({ score }: SearchResult) => (Number.isNaN(score) ? Infinity : sign * score);
  return results.sort((a, b) => (place(a) === place(b) ? 0 : place(a) - place(b)));
}

/** Results as a table, a line each. */
export function searchTable(results: readonly SearchResult[]): string {
  const names = [...new Set(results.flatMap(({ choice }) => Object.keys(choice)))];
  const number = (value: ChoiceValue | undefined) => (typeof value === 'number' ? String(Number(value.toPrecision(4))) : String(value ?? ''));
  const rows = [
    [...names, 'score', 'seconds'],
    ...results.map(({ choice, score, seconds }) => [...names.map((name) => number(choice[name])), score.toFixed(4), seconds.toFixed(1)]),
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) => row.map((cell, column) => cell.padStart(widths[column]!)).join('  ')).join('\n');
}

export interface CrossValidation {
  /** Of each fold. */
  scores: number[];
  mean: number;
  /** Their standard deviation, of a sample. */
  deviation: number;
}

/**
 * Trains as often as there are folds, each of which is measured once.
 *
 * @param measure trains a fresh model on the first data set and returns its score on the second.
 * @throws ERR_ARGUMENT if there are fewer than two folds, or more than images.
 */
export async function crossValidate(
  dataset: Dataset,
  { folds, random }: { folds: number; random?: Random },
  measure: (train: Dataset, test: Dataset, fold: number) => Promise<number>,
): Promise<CrossValidation> {
  const scores: number[] = [];
  for (const [fold, { train, test }] of dataset.folds(folds, { random }).entries()) scores.push(await measure(train, test, fold));
  const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
  const deviation = Math.sqrt(scores.reduce((sum, score) => sum + (score - mean) ** 2, 0) / (scores.length - 1));
  return { scores, mean, deviation };
}
