/** ONNX files that are cut short and changed at random: they are read or refused, and nothing worse. */
import { expect, test } from 'vitest';

import { ConvoltError } from '../../lib/core/errors.js';
import { Conv2d, Flatten, Linear, MaxPool2d, ReLU, Sequential } from '../../lib/nn/index.js';
import { exportOnnx, importOnnx } from '../../lib/onnx/index.js';
import { TestRandom } from '../ops/array.js';
import { mutated } from '../weights/mutated.js';

test('ten thousand damaged models', async () => {
  const device = 'cpu';
  const model = new Sequential(new Conv2d(1, 2, 3, { device }), new ReLU(), new MaxPool2d(2), new Flatten(), new Linear(18, 3, { device }));
  const bytes = await exportOnnx(model, { inputShape: [1, 8, 8, 1] });
  const random = new TestRandom(3);
  let whole = 0, refused = 0;
  for (let i = 0; i < 10_000; i++) {
    try {
      importOnnx(mutated(bytes, random), { device }).dispose();
      whole++;
    } catch (error) {
      if (!(error instanceof ConvoltError) || error.code !== 'ERR_DATA') throw error;
      refused++;
    }
  }
  expect(whole).toBeGreaterThan(500);
  expect(refused).toBeGreaterThan(5000);
});
