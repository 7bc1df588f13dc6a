/** Metrics against the examples of scikit-learn's documentation, and against plain loops over float64 numbers. */
import { describe, expect, test } from 'vitest';

import { device } from '../../lib/core/device.js';
import { Random } from '../../lib/core/random.js';
import { tensor } from '../../lib/core/tensor.js';
import { Calibration, ClassCounts, ConfusionMatrix, RocAuc, TopKAccuracy, type Metric } from '../../lib/train/index.js';
import { testDevices } from '../devices.js';

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

function matrixOf(classes: number, labels: readonly number[], predictions: readonly number[]): ConfusionMatrix {
  const confusion = new ConfusionMatrix(classes);
  for (const [i, label] of labels.entries()) confusion.add(label, predictions[i]!);
  return confusion;
}

describe("scikit-learn's examples", () => {
  test('precision_recall_fscore_support', () => {
    const [cat, dog, pig] = [0, 1, 2];
    const confusion = matrixOf(3, [cat, dog, pig, cat, dog, pig], [cat, pig, dog, cat, cat, dog]);
    const macro = confusion.average();
    expect([macro.precision, macro.recall, macro.f1].map((value) => value.toFixed(4))).toEqual(['0.2222', '0.3333', '0.2667']);
    const micro = confusion.average('micro');
    expect([micro.precision, micro.recall, micro.f1].map((value) => value.toFixed(4))).toEqual(['0.3333', '0.3333', '0.3333']);
    expect(confusion.perClass().map(({ precision }) => precision.toFixed(4))).toEqual(['0.6667', '0.0000', '0.0000']);
    expect(confusion.perClass().map(({ f1 }) => f1)).toEqual([0.8, 0, 0]);
  });

  test('jaccard_score', () => {
    const ious = matrixOf(3, [0, 1, 2, 2], [0, 2, 1, 2]).perClass().map(({ iou }) => iou);
    expect(ious).toEqual([1, 0, 1 / 3]);
  });
});

test('averages weigh classes by their images, or each alike', () => {
  const confusion = matrixOf(3, [0, 0, 0, 1], [0, 0, 1, 1]);
  expect(confusion.average('weighted').recall).toBeCloseTo((3 / 4) * (2 / 3) + 1 / 4, 12);
  expect(confusion.average().recall).toBeCloseTo((2 / 3 + 1) / 3, 12);
  expect(confusion.meanIou).toBeCloseTo((2 / 3 + 1 / 2) / 2, 12); // class 2 is nowhere
  expect(new ConfusionMatrix(2).meanIou).toBe(0);
});

/** Logits and labels of some batches; a label may be none of the classes. */
interface Batches {
  classes: number;
  rows: { logits: number[]; label: number }[];
  batch: number;
}

function randomBatches(seed: number, classes: number, count: number, batch: number, step = 0.25): Batches {
  const random = new Random(seed);
  const rows = Array.from({ length: count }, () => {
    const label = random.integer(classes);
    // Rounded to steps, so that there are equal ones.
    const logits = Array.from({ length: classes }, (_, c) => Math.round((random.normal() + (c === label ? 1 : 0)) / step) * step);
    return { logits, label: random.uniform() < 0.1 ? 255 : label };
  });
  return { classes, rows, batch };
}

const softmaxOf = (logits: readonly number[]): number[] => {
  const sum = logits.reduce((total, logit) => total + Math.exp(logit), 0);
  return logits.map((logit) => Math.exp(logit) / sum);
};

describe.each(testDevices)('metrics on %s', (deviceName) => {
  const on = device(deviceName);

  function feed(metric: Metric, { rows, classes, batch }: Batches): void {
    for (let at = 0; at < rows.length; at += batch) {
      const part = rows.slice(at, at + batch);
      const logits = tensor(Float32Array.from(part.flatMap((row) => row.logits)), { shape: [part.length, classes], device: on });
      const target = tensor(Int32Array.from(part, ({ label }) => label), { device: on });
      metric.update(logits, target);
      logits.dispose();
      target.dispose();
    }
  }

  describe.each([
    { name: '5 classes', data: randomBatches(1, 5, 70, 16) },
    { name: '2 classes', data: randomBatches(2, 2, 33, 33) },
  ])('$name', ({ data }) => {
    const { classes } = data;
    const known = data.rows.filter(({ label }) => label < classes);

    test('confusion matrix', async () => {
      const counts = new ClassCounts(data.classes);
      feed(counts, data);
      const expected = matrixOf(data.classes, known.map(({ label }) => label), known.map(({ logits }) => logits.indexOf(Math.max(...logits))));
      expect((await counts.result()).rows()).toEqual(expected.rows());
    });

    test('top-k accuracy', async () => {
      const accuracy = new TopKAccuracy([1, 2]);
      feed(accuracy, data);
      const found = await accuracy.result();
      for (const k of [1, 2]) {
        const hits = known.filter(({ logits, label }) => {
          const before = logits.filter((logit, c) => logit > logits[label]! || (logit === logits[label] && c < label));
          return before.length < k;
        });
        expect(found.get(k)).toBeCloseTo(hits.length / known.length, 12);
      }
    });

    test('area under the ROC', async () => {
      const data = randomBatches(4, classes, 60, 16, 1 / 1024); // so fine that probabilities differ by more than roundings
      const known = data.rows.filter(({ label }) => label < classes);
      const area = new RocAuc(classes);
      feed(area, data);
      const { perClass, mean } = await area.result();
      const expected = Array.from({ length: classes }, (_, c) => {
        let pairs = 0, wins = 0;
        for (const one of known.filter(({ label }) => label === c)) {
          for (const other of known.filter(({ label }) => label !== c)) {
            pairs++;
            wins += softmaxOf(one.logits)[c]! > softmaxOf(other.logits)[c]! ? 1 : 0;
          }
        }
        return wins / pairs;
      });
      for (const [c, value] of expected.entries()) expect(perClass[c]).toBeCloseTo(value, 12);
      expect(mean).toBeCloseTo(expected.reduce((sum, value) => sum + value) / expected.length, 12);
    });

    test('calibration', async () => {
      const calibration = new Calibration(10);
      feed(calibration, data);
      const { bins, expectedError, largestError } = await calibration.result();
      const sums = Array.from({ length: 10 }, () => ({ images: 0, confidence: 0, right: 0 }));
      for (const { logits, label } of known) {
        const confidence = Math.max(...softmaxOf(logits));
        const bin = sums[Math.ceil(confidence * 10) - 1]!;
        bin.images++;
        bin.confidence += confidence;
        bin.right += logits.indexOf(Math.max(...logits)) === label ? 1 : 0;
      }
      expect(bins.map(({ images }) => images)).toEqual(sums.map(({ images }) => images));
      const errors = sums.map(({ images, confidence, right }) => (images > 0 ? Math.abs(confidence - right) / images : 0));
      expect(expectedError).toBeCloseTo(errors.reduce((sum, error, i) => sum + error * sums[i]!.images, 0) / known.length, 6);
      expect(largestError).toBeCloseTo(Math.max(...errors), 6);
    });
  });

  test("scikit-learn's roc_auc_score and top_k_accuracy_score", async () => {
    const scores = [0.1, 0.4, 0.35, 0.8], labels = [0, 0, 1, 1];
    const area = new RocAuc(2);
    feed(area, { classes: 2, batch: 3, rows: scores.map((score, i) => ({ logits: [0, score], label: labels[i]! })) });
    const found = await area.result();
    expect(found.perClass).toEqual([0.75, 0.75]);
    const accuracy = new TopKAccuracy([2]);
    const rows = [[0.5, 0.2, 0.2], [0.3, 0.4, 0.2], [0.2, 0.4, 0.3], [0.7, 0.2, 0.1]].map((logits, i) => ({ logits, label: [0, 1, 2, 2][i]! }));
    feed(accuracy, { classes: 3, batch: 4, rows });
    expect((await accuracy.result()).get(2)).toBe(0.75);
  });

  test('equal scores count half', async () => {
    const area = new RocAuc(2);
    feed(area, { classes: 2, batch: 4, rows: [0, 1, 1, 0].map((label) => ({ logits: [0, 1], label })) });
    expect((await area.result()).mean).toBe(0.5);
  });

  test('pixels of segmentation, and nothing at all', async () => {
    const counts = new ClassCounts(2);
    expect((await counts.result()).rows()).toEqual([[0, 0], [0, 0]]);
    const logits = tensor([1, 0, 0, 1, 1, 0, 0, 1], { shape: [1, 2, 2, 2], device: on });
    counts.update(logits, tensor(Int32Array.of(0, 1, 1, 255), { shape: [1, 2, 2], device: on }));
    const found = await counts.result();
    expect(found.rows()).toEqual([[1, 0], [1, 1]]);
    expect(found.meanIou).toBe(0.5);
    expect(await new TopKAccuracy().result()).toEqual(new Map([[1, 0], [5, 0]]));
    expect((await new RocAuc(2).result()).mean).toBeNaN();
  });

  test('leave nothing on the device', async () => {
    const before = on.memory().tensors;
    const metrics = [new ClassCounts(5), new TopKAccuracy(), new Calibration(), new RocAuc(5)];
    const data = randomBatches(3, 5, 20, 8);
    for (const metric of metrics) feed(metric, data);
    for (const metric of metrics) await metric.result();
    await on.synchronize();
    expect(on.memory().tensors).toBe(before);
  });
});

test('wrong options are told', () => {
  expect(() => new TopKAccuracy([0])).toThrow('TopKAccuracy: expected k to be a whole number of at least 1, but got 0');
  expect(() => new Calibration(1.5)).toThrow('Calibration: expected bins to be a whole number of at least 1, but got 1.5');
});
