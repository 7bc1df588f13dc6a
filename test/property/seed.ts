/** The seed of a run of property tests: CONVOLT_SEED, or another one each time. It stands in the tests' names. */
import { TestRandom } from '../ops/array.js';

const given = process.env['CONVOLT_SEED'];

export const seed = given === undefined ? Date.now() % 2 ** 31 : Number(given);

/** A generator of its own for case `at` of a test, so that a case can be repeated without those before it. */
export function randomFor(at: number): TestRandom {
  return new TestRandom(seed + 7919 * at);
}
