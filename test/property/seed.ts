/**
 * The seed of tests that draw their cases. It is fixed, so that a change is judged by the same cases as the last;
 * CONVOLT_SEED=random hunts among others, and CONVOLT_SEED=N repeats a run: the seed stands in the tests' names.
 */
import { TestRandom } from '../ops/array.js';

const given = process.env['CONVOLT_SEED'] ?? '1';

export const seed = given === 'random' ? Date.now() % 2 ** 31 : Number(given);

/** A generator of its own for case `at` of a test, so that a case can be repeated without those before it. */
export function randomFor(at: number): TestRandom {
  return new TestRandom(seed + 7919 * at);
}
