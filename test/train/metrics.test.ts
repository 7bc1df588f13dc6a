import { expect, test } from 'vitest';

import { ConfusionMatrix } from '../../lib/train/index.js';

test('a confusion matrix counts predictions by label', () => {
  const confusion = new ConfusionMatrix(3);
  expect(confusion.accuracy).toBe(0);
  for (const [label, prediction] of [
    [0, 0],
    [0, 2],
    [1, 1],
    [2, 0],
  ] as const)
    confusion.add(label, prediction);
  expect(confusion.rows()).toEqual([
    [1, 0, 1],
    [0, 1, 0],
    [1, 0, 0],
  ]);
  expect(confusion.accuracy).toBe(0.5);
});
