/** The benchmark's convolutions against those that the networks of lib/models run. */
import { afterEach, describe, expect, test } from 'vitest';

import { convParams, elements, flops, kindOf, shapeName, type ConvShape, type Triple } from '../../bench/gpu/conv_shape.js';
import { convCases, networks, others } from '../../bench/gpu/shapes.js';
import { device } from '../../lib/core/device.js';
import { observeRuns } from '../../lib/core/run.js';
import { scope } from '../../lib/core/scope.js';
import { noGrad } from '../../lib/core/tape.js';
import { createModel, modelInfo, type ModelName } from '../../lib/models/index.js';
import { zeros } from '../../lib/ops/index.js';

const cpu = device('cpu');
afterEach(async () => {
  await cpu.synchronize();
  cpu.releaseCachedMemory();
});

/** A convolution's geometry as text. */
const geometry = (params: object) => JSON.stringify(Object.entries({ ...params, algorithm: 0, tf32: 0, relu: 0 }).sort(([a], [b]) => (a < b ? -1 : 1)));
const listed = (shapes: readonly ConvShape[]) => shapes.map((shape) => geometry(convParams(shape, 1)));

/** The distinct convolutions of a forward pass of one image, in the order of their first use. */
function tapped(name: ModelName, input = modelInfo(name).input): string[] {
  const found = new Set<string>();
  using model = createModel(name, { device: cpu, initialize: false, auxiliary: false }).eval();
  scope(() =>
    noGrad(() =>
      observeRuns(
        ({ name: op, params }) => void (op === 'conv_forward' && found.add(geometry(params))),
        () => void model.forward(zeros([1, ...input], { device: cpu })),
      ),
    ),
  );
  return [...found];
}

test.each(Object.entries(networks))('%s', (name, shapes) => {
  expect(listed(shapes)).toEqual(tapped(name as ModelName));
});

test('the depthwise convolutions of 7 x 7 are those of convnext_tiny', () => {
  expect(tapped('convnext_tiny')).toEqual(expect.arrayContaining(listed(others['depthwise 7x7'])));
});

test('the head is that of deeplabv3_resnet50, whose last image is an eighth of 520 pixels', () => {
  const small = tapped('deeplabv3_resnet50', [72, 72, 3]); // one of 520 takes long
  const inSmall = ([d, ...sizes]: Triple): Triple => [d, ...(sizes.map((size) => (size === 520 / 8 ? 72 / 8 : size)) as [number, number])];
  const head = others['deeplab head'].map((shape) => ({ ...shape, extent: inSmall(shape.extent) }));
  expect(small).toEqual(expect.arrayContaining(listed(head)));
});

describe('the cases', () => {
  const cases = convCases();

  test('are distinct, and each convolution of the lists is among them', () => {
    expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
    const atBatch1 = new Set(cases.filter(({ batch }) => batch === 1).map(({ shape }) => geometry(convParams(shape, 1))));
    const all = Object.values({ ...networks, ...others }).flat();
    expect(atBatch1).toEqual(new Set(listed(all)));
  });

  test('have elements that 32 bits can count', () => {
    for (const { shape, batch } of cases) expect(Math.max(...Object.values(elements(shape, batch)))).toBeLessThan(2 ** 31);
  });

  test('begin with one of each list at the largest batch', () => {
    const sets = Object.keys({ ...networks, ...others });
    const first = cases.slice(0, sets.length).map(({ name }) => sets.find((set) => name.startsWith(set)));
    expect(new Set(first).size).toBeGreaterThanOrEqual(10); // some begin with the same stem
    expect(cases.slice(0, sets.length).every(({ batch }) => batch === 256)).toBe(true);
  });
});

test('arithmetic, names and kinds', () => {
  const [stem] = networks.resnet50;
  expect(flops(stem!, 1)).toBe(2 * 112 * 112 * 64 * 7 * 7 * 3); // as published: 118 million multiply-adds
  expect(networks.vgg16.map((shape) => shapeName(shape))[0]).toBe('3x3 3>64 @224x224');
  expect(others['depthwise 1-D'].map((shape) => shapeName(shape))).toEqual(['4 1536>1536 @2048 depthwise', '31 512>512 @1024 depthwise']);
  expect(shapeName(others.i3d[0]!)).toBe('7x7x7/2 3>64 @64x224x224');
  expect([networks.resnext50_32x4d[3]!, networks.mobilenet_v2[1]!, stem!, networks.vgg16[1]!].map(kindOf)).toEqual(['grouped', 'depthwise', 'small channels', 'dense']);
});
