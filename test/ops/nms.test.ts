import { describe, expect, test } from 'vitest';

import { device } from '../../lib/core/device.js';
import { tensor } from '../../lib/core/tensor.js';
import { batchedNms, nms, zeros } from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';
import { TestRandom } from './array.js';

type Box = readonly [x1: number, y1: number, x2: number, y2: number];

function area([x1, y1, x2, y2]: Box): number {
  return (x2 - x1) * (y2 - y1);
}

function iou(a: Box, b: Box): number {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0]), height = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  const shared = width > 0 && height > 0 ? width * height : 0;
  return shared / (area(a) + area(b) - shared);
}

/** Takes the best box that is left until none is. */
function reference(boxes: readonly Box[], scores: readonly number[], classes: readonly number[], threshold: number): number[] {
  let left = boxes.map((_, i) => i);
  const kept: number[] = [];
  while (left.length > 0) {
    const best = left.reduce((a, b) => (scores[b]! > scores[a]! ? b : a));
    kept.push(best);
    left = left.filter((i) => i !== best && !(classes[i] === classes[best] && iou(boxes[best]!, boxes[i]!) > threshold));
  }
  return kept;
}

function randomBoxes(random: TestRandom, count: number): Box[] {
  return Array.from({ length: count }, () => {
    const x = random.uniform() * 12, y = random.uniform() * 12;
    const right = x + 1.5 + random.uniform() * 8, bottom = y + 1.5 + random.uniform() * 8;
    return [Math.fround(x), Math.fround(y), Math.fround(right), Math.fround(bottom)];
  });
}

describe.each(testDevices)('non-maximum suppression on %s', (on) => {
  test.each([1, 2, 40, 64, 65, 300])('%i boxes', async (count) => {
    const random = new TestRandom(count), boxes = randomBoxes(random, count);
    const scores = boxes.map(() => Math.fround(random.uniform())), classes = boxes.map(() => random.integer(-1, 3));
    const given = tensor(boxes.flat(), { shape: [count, 4], device: on }), ranks = tensor(scores, { device: on });
    const groups = tensor(classes, { dtype: 'int32', device: on });
    for (const iouThreshold of [0.1, 0.3, 0.5, 0.7]) {
      const alone = reference(boxes, scores, boxes.map(() => 0), iouThreshold);
      expect(Array.from(await nms(given, ranks, { iouThreshold }))).toEqual(alone);
      expect(Array.from(await batchedNms(given, ranks, groups, { iouThreshold }))).toEqual(reference(boxes, scores, classes, iouThreshold));
    }
  });

  test('no boxes', async () => {
    const none = { boxes: zeros([0, 4], { device: on }), scores: zeros([0], { device: on }) };
    expect(await nms(none.boxes, none.scores, { iouThreshold: 0.5 })).toEqual(new Int32Array(0));
    expect(await batchedNms(none.boxes, none.scores, tensor(new Int32Array(0), { device: on }), { iouThreshold: 0.5 })).toEqual(new Int32Array(0));
  });

  test('of equal scores the first box wins; a NaN score is the highest', async () => {
    const boxes = tensor([0, 0, 2, 2, /**/ 0, 0, 2, 2, /**/ 5, 5, 6, 6, /**/ 0, 0, 2, 2], { shape: [4, 4], device: on });
    expect(Array.from(await nms(boxes, tensor([1, 1, 3, 1], { device: on }), { iouThreshold: 0.5 }))).toEqual([2, 0]);
    expect(Array.from(await nms(boxes, tensor([1, NaN, 3, 1], { device: on }), { iouThreshold: 0.5 }))).toEqual([1, 2]);
  });

  test('boxes at exactly the threshold, without area, and of NaN are kept', async () => {
    const halves = tensor([0, 0, 2, 2, /**/ 0, 0, 2, 1], { shape: [2, 4], device: on });
    expect(Array.from(await nms(halves, tensor([2, 1], { device: on }), { iouThreshold: 0.5 }))).toEqual([0, 1]);
    expect(Array.from(await nms(halves, tensor([2, 1], { device: on }), { iouThreshold: 0.499 }))).toEqual([0]);
    const odd = tensor([1, 1, 1, 1, /**/ 1, 1, 1, 1, /**/ NaN, 0, 2, 2], { shape: [3, 4], device: on });
    expect(Array.from(await nms(odd, tensor([3, 2, 1], { device: on }), { iouThreshold: 0 }))).toEqual([0, 1, 2]);
  });

  test('leaves no tensor behind, and lets its arguments be disposed at once', async () => {
    const before = device(on).memory().tensors;
    const boxes = zeros([3, 4], { device: on }), scores = zeros([3], { device: on });
    const kept = nms(boxes, scores, { iouThreshold: 0.5 });
    boxes.dispose();
    scores.dispose();
    expect(Array.from(await kept)).toEqual([0, 1, 2]);
    expect(device(on).memory().tensors).toBe(before);
  });

  test('errors', async () => {
    const boxes = zeros([3, 4], { device: on }), scores = zeros([3], { device: on });
    await expect(nms(zeros([3, 5], { device: on }), scores, { iouThreshold: 0.5 })).rejects.toThrow(
      'nms: expected boxes to have shape [N,4], rows of x1, y1, x2, y2, but got [3,5]',
    );
    await expect(nms(boxes, zeros([2], { device: on }), { iouThreshold: 0.5 })).rejects.toThrow(
      'nms: expected scores to have shape [3], one for each box of boxes [3,4], but got [2]',
    );
    await expect(nms(boxes, scores, { iouThreshold: NaN })).rejects.toThrow('nms: expected iouThreshold to be a number from 0 to 1, but got NaN');
    await expect(batchedNms(boxes, scores, tensor(new Int32Array(2), { device: on }), { iouThreshold: 0.5 })).rejects.toThrow(
      'batchedNms: expected classes to have shape [3], one for each box of boxes [3,4], but got [2]',
    );
  });
});
