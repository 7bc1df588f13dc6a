/** predict() with recorded forward passes: they say what others say, whatever happens to the model between them. */
import { afterEach, describe, expect, test } from 'vitest';

import { autocast, castFloat } from '../../lib/core/autocast.js';
import { device } from '../../lib/core/device.js';
import { Random } from '../../lib/core/random.js';
import { scope } from '../../lib/core/scope.js';
import { noGrad } from '../../lib/core/tape.js';
import { tensor, type Tensor } from '../../lib/core/tensor.js';
import { BatchNorm2d, Conv2d, Dropout, Flatten, foldBatchNorm, Linear, Parameter, ReLU, Sequential } from '../../lib/nn/index.js';
import { Predictor } from '../../lib/nn/predictor.js';
import { SGD } from '../../lib/optim/index.js';
import { sum } from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';

describe.each(testDevices)('recorded predictions on %s', (deviceName) => {
  const on = { device: device(deviceName), random: new Random(4) };
  afterEach(() => on.device.releaseCachedMemory());

  const conv = () => new Conv2d(3, 4, 3, { padding: 1, ...on });
  const network = () => new Sequential(conv(), new BatchNorm2d(4, on), new ReLU(), new Dropout(0.5, on), new Flatten(), new Linear(4 * 5 * 5, 6, on));
  const batch = (count: number): Tensor => tensor(Float32Array.from({ length: count * 75 }, () => on.random.normal()), { shape: [count, 5, 5, 3], device: on.device });

  /** Predictions that are recorded are, in all their bits, those that are not. */
  async function expectSame(model: Sequential, images: Tensor): Promise<void> {
    const training = model.training, expected = await model.predict(images, { batch: 4, record: false });
    for (let call = 0; call < 3; call++) {
      const found = await model.predict(images, { batch: 4, record: true });
      expect(found).toEqual(expected);
      expect(model.training).toBe(training);
    }
  }

  test('are what forward() says', async () => {
    using model = network();
    using images = batch(3);
    const { data } = scope(() => ({ data: noGrad(() => model.eval().forward(images)).data() }));
    const expected = await data;
    for (let call = 0; call < 3; call++) expect((await model.predict(images, { record: true })).flatMap((output) => [...output])).toEqual([...expected]);
  });

  test('are the same for each shape of a batch', async () => {
    using model = network();
    for (const count of [4, 9, 1, 2, 3, 4]) {
      using images = batch(count);
      await expectSame(model, images);
    }
    using none = batch(0);
    expect(await model.predict(none, { record: true })).toEqual([]);
  });

  test('follow the weights: written, trained, replaced', async () => {
    using model = network();
    using images = batch(4);
    const layer = model.namedParameters().get('5.bias')!;
    await expectSame(model, images);
    layer.write(Float32Array.of(1, 2, 3, 4, 5, 6));
    await expectSame(model, images);
    const optimizer = new SGD(model.parameters(), { lr: 0.1 }); // moves all parameters into one buffer
    await expectSame(model, images);
    for (let step = 0; step < 2; step++) {
      scope(() => {
        optimizer.zeroGrad();
        sum(model.train().forward(images)).backward();
        optimizer.step();
      });
      await expectSame(model, images);
    }
    const [, first] = [...model.children()][0]!;
    const before = (first as Conv2d).bias!;
    (first as Conv2d).bias = new Parameter(tensor(Float32Array.of(9, 8, 7, 6), { device: on.device }));
    await expectSame(model, images);
    before.dispose();
    await expectSame(model, images);
    model.loadStateDict(await model.stateDict());
    await expectSame(model, images);
  });

  describe.each(['bfloat16', 'float16'] as const)('in %s', (precision) => {
    /** Recorded or not, predictions have the bits of a forward pass under autocast. */
    async function expectRounded(model: Sequential, images: Tensor): Promise<void> {
      const { data } = scope(() => ({ data: noGrad(() => castFloat(autocast(precision, () => model.eval().forward(images)), 'float32')).data() }));
      const expected = [...(await data)];
      for (const record of [false, true, true, true]) expect((await model.predict(images, { precision, record })).flatMap((output) => [...output])).toEqual(expected);
    }

    test('are what forward() says under autocast', async () => {
      using model = network();
      using images = batch(3);
      const plain = await model.predict(images);
      await expectRounded(model, images);
      expect(await model.predict(images)).toEqual(plain); // the other precision is left alone
      expect(await model.predict(images, { precision })).not.toEqual(plain);
    });

    test('follow the weights: written, in an optimiser, out of one', async () => {
      using model = network();
      using images = batch(4);
      await expectRounded(model, images);
      const layer = model.namedParameters().get('5.bias')!;
      layer.write(Float32Array.of(1, 2, 3, 4, 5, 6));
      await expectRounded(model, images);
      const optimizer = new SGD(model.parameters(), { lr: 0.1 });
      await expectRounded(model, images);
      scope(() => {
        optimizer.zeroGrad();
        sum(model.train().forward(images)).backward();
        optimizer.step();
      });
      await expectRounded(model, images);
      optimizer.dispose();
      await expectRounded(model, images);
      layer.write(Float32Array.of(6, 5, 4, 3, 2, 1));
      await expectRounded(model, images);
    });

    test('of a model and of a part of it live side by side', async () => {
      using model = network();
      using images = batch(2);
      using part = new Sequential([...model.children()][0]![1]); // shares a layer with the model
      for (let turn = 0; turn < 3; turn++) {
        await expectRounded(part, images);
        await expectRounded(model, images);
      }
    });

    test('give all memory back', async () => {
      using images = batch(4);
      await on.device.synchronize();
      const before = on.device.memory().inUse;
      const model = network();
      await expectRounded(model, images);
      model.dispose();
      expect(on.device.memory().inUse).toBe(before);
    });
  });

  test('follow a fold', async () => {
    using model = network();
    using images = batch(4);
    await expectSame(model, images);
    await foldBatchNorm(model, [1, 5, 5, 3]);
    await expectSame(model, images);
  });

  test('leave hooks what they are', async () => {
    using model = network();
    using images = batch(4);
    await expectSame(model, images);
    let seen = 0;
    const remove = [...model.children()][2]![1].registerForwardHook(() => void seen++);
    await expectSame(model, images);
    expect(seen).toBe(4); // one that is not recorded, and three that were to be
    remove();
    await expectSame(model, images);
    expect(seen).toBe(4);
  });

  test('are as many as shapes, up to four', () => {
    using model = network().eval();
    const predictor = new Predictor(model);
    for (let count = 1; count <= 6; count++) {
      using images = batch(count);
      scope(() => void predictor.run(images, true));
      expect(predictor.recordings).toBe(Math.min(count - 1, 3)); // the first pass of a shape is not recorded
      scope(() => void predictor.run(images, true));
      expect(predictor.recordings).toBe(Math.min(count, 4));
    }
    predictor.dispose();
    expect(predictor.recordings).toBe(0);
  });

  test('end with the model, and give all memory back', async () => {
    using images = batch(4);
    await on.device.synchronize();
    const before = on.device.memory().inUse;
    const model = network();
    await expectSame(model, images);
    model.dispose();
    expect(on.device.memory().inUse).toBe(before);
    await expect(model.predict(images, { record: true })).rejects.toThrow(/that was disposed$/);
  });

  test('end with a layer', async () => {
    using model = network();
    using images = batch(4);
    await expectSame(model, images);
    [...model.children()][5]![1].dispose();
    await expect(model.predict(images, { record: true })).rejects.toThrow(/that was disposed$/);
  });
});
