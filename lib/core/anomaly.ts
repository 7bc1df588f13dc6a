/** The search for the op that first makes a NaN or an infinity. */
import { isFloat, type DType } from './dtype.js';
import { ConvoltError } from './errors.js';
import { runningLayer } from './layer.js';
import { call, startObserving, updatedInputs, type RunRecord } from './run.js';
import { shapeText } from './shape.js';
import { runningGradient } from './tape.js';
import type { Tensor } from './tensor.js';

/** One tensor that was looked at, and how many of its elements are not finite. */
interface Check {
  what: string;
  count: Promise<Int32Array>;
}

/** A search that is going on. */
export interface AnomalySearch {
  /**
   * Ends the search.
   *
   * @throws ERR_NOT_FINITE, as a rejection, if any op made a NaN or an infinity: names the first of them.
   */
  stop: () => Promise<void>;
}

/** How messages call an op, in a forward pass or in the gradient of another. */
function opText(name: string): string {
  const gradientOf = runningGradient(), layer = runningLayer();
  const text = gradientOf === null ? name : `the gradient of ${gradientOf} (${name})`;
  return layer === null ? text : `${text} of layer ${layer === '' ? 'the model itself' : layer}`;
}

/**
 * Looks at everything that goes into native ops and comes out of them, from now on, on any device. Training is slower by
 * a pass over each tensor meanwhile; nothing waits.
 */
export function startAnomalySearch(): AnomalySearch {
  const checks: Check[] = [];
  let counting = false;

  function check(tensor: Tensor<DType> | undefined, what: string): void {
    if (!tensor || !isFloat(tensor.dtype) || tensor.numel === 0) return;
    counting = true;
    try {
      const { count } = call('count_nonfinite', { x: tensor as Tensor }, {}, { count: [1] });
      const read = count.data();
      read.catch(() => undefined); // stop() sees it
      checks.push({ what: `${what} ${shapeText(tensor.shape)}`, count: read });
      count.dispose();
    } finally {
      counting = false;
    }
  }

  function before(name: string, inputs: RunRecord['inputs'], overwritten: readonly string[]): void {
    for (const input in inputs) {
      if (!overwritten.includes(input)) check(inputs[input], `${opText(name)} was given, as ${input}`);
    }
  }

  const stop = startObserving({
    before: (name, inputs) => {
      if (!counting) before(name, inputs, updatedInputs(name));
    },
    after: ({ name, inputs, outputs }) => {
      if (counting) return;
      for (const output in outputs) check(outputs[output], `${opText(name)} made, as ${output}`);
      for (const input of updatedInputs(name)) check(inputs[input], `${opText(name)} left, as ${input}`);
    },
  });
  return {
    stop: async () => {
      stop();
      const counts = await Promise.all(checks.map(({ count }) => count));
      const first = counts.findIndex(([count]) => count !== 0);
      if (first < 0) return;
      const count = counts[first]![0]!;
      throw new ConvoltError(
        'ERR_NOT_FINITE',
        `detectAnomaly: expected finite numbers, but ${checks[first]!.what}, ${count} ${count === 1 ? 'element' : 'elements'} NaN or infinite`,
      );
    },
  };
}

/**
 * Runs `fn`, and finds the op that first made a NaN or an infinity, in a forward pass or in a gradient:
 *
 *     await detectAnomaly(async () => {
 *       const loss = crossEntropy(model.forward(images), labels);
 *       loss.backward();
 *     });
 *
 * Each float tensor that goes into a native op or comes out of it is counted over on its device, so this is for finding
 * a mistake, not for training. A NaN in data shows as what an op was given. What runs beside `fn` meanwhile counts too.
 *
 * @returns what fn returns, if all numbers were finite.
 * @throws ERR_NOT_FINITE naming the op, as a rejection; or what fn throws.
 */
export async function detectAnomaly<T>(fn: () => T | Promise<T>): Promise<T> {
  const search = startAnomalySearch();
  let result: T;
  try {
    result = await fn();
  } catch (error) {
    await search.stop().catch(() => undefined);
    throw error;
  }
  await search.stop();
  return result;
}
