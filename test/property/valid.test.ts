/**
 * Convolutions, pooling and normalisation with random valid parameters: each device against a float64 reference, and the
 * gradients of the devices against each other. The seed is in the names; CONVOLT_SEED=N draws others.
 */
import { describe, expect, test } from 'vitest';

import { device, type Device } from '../../lib/core/device.js';
import { scope } from '../../lib/core/scope.js';
import { tensor, type Tensor } from '../../lib/core/tensor.js';
import { allowTf32 } from '../../lib/core/tf32.js';
import {
  avgPool1d,
  avgPool2d,
  avgPool3d,
  batchNorm,
  cast,
  conv1d,
  conv2d,
  conv3d,
  maxPool1d,
  maxPool2d,
  maxPool3d,
  mul,
  sum,
} from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';
import { compute, ndarray, type NdArray, type TestRandom } from '../ops/array.js';
import { expectClose, float32Tolerance } from '../ops/harness.js';
import { avgPooling, convolution, maxPooling, type ReferenceWindow } from '../ops/window_reference.js';
import { randomFor, seed } from './seed.js';

/** Random inputs and options, what to do with them, and what is to come out. */
interface Trial {
  /** Everything that was chosen, for messages. */
  what: object;
  inputs: Record<string, NdArray>;
  run: (inputs: Record<string, Tensor>) => Tensor;
  reference: () => NdArray;
}

type Generate = (random: TestRandom) => Trial;

const normal = (random: TestRandom, shape: readonly number[]) => ndarray(shape, () => random.normal());

/** With the given probability. */
const chance = (random: TestRandom, probability: number) => random.uniform() < probability;

interface Geometry {
  spatial: number[];
  kernel: number[];
  window: ReferenceWindow;
}

/** A window that fits into the padded input on each axis. @param mostPadding for a window that reaches so far. */
function geometry(random: TestRandom, axes: number, mostPadding: (reach: number) => number, { dilated = true } = {}): Geometry {
  const chosen = Array.from({ length: axes }, () => {
    const kernel = random.integer(1, axes === 3 ? 4 : 6), stride = random.integer(1, 5);
    const dilation = dilated && chance(random, 0.4) ? random.integer(2, 4) : 1;
    const reach = dilation * (kernel - 1) + 1, most = mostPadding(reach);
    const padding = [random.integer(0, most + 1), random.integer(0, most + 1)] as const;
    const input = Math.max(1, reach - padding[0] - padding[1]) + random.integer(0, axes === 3 ? 4 : 8);
    return { kernel, stride, dilation, padding, input };
  });
  return {
    spatial: chosen.map(({ input }) => input),
    kernel: chosen.map(({ kernel }) => kernel),
    window: {
      stride: chosen.map(({ stride }) => stride),
      dilation: chosen.map(({ dilation }) => dilation),
      padding: chosen.map(({ padding }) => padding),
    },
  };
}

const images = (random: TestRandom) => (chance(random, 0.05) ? 0 : random.integer(1, 4));

/** One of the values. */
const choice = <T>(random: TestRandom, values: readonly T[]) => values[random.integer(0, values.length)]!;

function randomConvolution(random: TestRandom): Trial {
  const axes = random.integer(1, 4);
  const { spatial, kernel, window } = geometry(random, axes, () => 3);
  const depthwise = chance(random, 0.3);
  const vectors = depthwise && chance(random, 0.5); // of channels, for the kernels that take them by eights
  const groups = vectors ? 8 * random.integer(1, 4) : chance(random, 0.4) ? random.integer(2, 6) : 1;
  const c = groups * (depthwise ? 1 : random.integer(1, 6)), k = groups * (vectors ? 1 : random.integer(1, 6));
  const x = normal(random, [images(random), ...spatial, c]), weight = normal(random, [k, ...kernel, c / groups]);
  const bias = chance(random, 0.5) ? normal(random, [k]) : undefined;
  const algorithm = choice(random, ['auto', 'im2col', 'direct', 'implicit_gemm'] as const);
  const op = [conv1d, conv2d, conv3d][axes - 1]!;
  return {
    what: { op: op.name, x: x.shape, weight: weight.shape, ...window, groups, bias: bias !== undefined, algorithm },
    inputs: { x, weight, ...(bias && { bias }) },
    run: ({ x, weight, bias }) => op(x!, weight!, { ...window, groups, bias, algorithm }),
    reference: () => convolution(x, weight, bias, { ...window, groups }),
  };
}

/** A multiple of `vector` where whole vectors of channels are to be copied, or any other number. */
const channels = (random: TestRandom, vector: number) => (chance(random, 0.5) ? vector * random.integer(1, 4) : random.integer(1, 20));

/** One group, with operands of 16 bits or TF32: what tensor cores take. */
function randomTensorCoreConvolution(random: TestRandom): Trial {
  const axes = random.integer(1, 4);
  const { spatial, kernel, window } = geometry(random, axes, () => 3);
  const dtype = choice(random, ['bfloat16', 'float16', 'float32'] as const);
  const rounded = (shape: readonly number[]) => ndarray(shape, () => random.integer(-8, 9) / 8); // exact in every type
  const c = channels(random, 8), k = channels(random, 8);
  const x = rounded([images(random), ...spatial, c]), weight = rounded([k, ...kernel, c]);
  const bias = chance(random, 0.5) ? rounded([k]) : undefined;
  const op = [conv1d, conv2d, conv3d][axes - 1]!;
  return {
    what: { op: op.name, dtype, x: x.shape, weight: weight.shape, ...window, bias: bias !== undefined },
    inputs: { x, weight, ...(bias && { bias }) },
    run: ({ x, weight, bias }) => {
      allowTf32();
      try {
        const stored = { bias: bias && cast(bias, dtype), ...window, algorithm: 'implicit_gemm' as const };
        return cast(op(cast(x!, dtype), cast(weight!, dtype), stored), 'float32');
      } finally {
        allowTf32(false);
      }
    },
    reference: () => convolution(x, weight, bias, { ...window, groups: 1 }),
  };
}

const halfOf = (reach: number) => Math.floor(reach / 2);

function randomMaxPooling(random: TestRandom): Trial {
  const axes = random.integer(1, 4), { spatial, kernel, window } = geometry(random, axes, halfOf);
  const x = normal(random, [images(random), ...spatial, random.integer(1, 10)]), ceilMode = chance(random, 0.5);
  const op = [maxPool1d, maxPool2d, maxPool3d][axes - 1]!;
  return {
    what: { op: op.name, x: x.shape, kernel, ...window, ceilMode },
    inputs: { x },
    run: ({ x }) => op(x!, { kernel, ...window, ceilMode }),
    reference: () => maxPooling(x, kernel, window, ceilMode),
  };
}

function randomAvgPooling(random: TestRandom): Trial {
  const axes = random.integer(1, 4), { spatial, kernel, window } = geometry(random, axes, halfOf, { dilated: false });
  const { stride, padding } = window;
  const x = normal(random, [images(random), ...spatial, random.integer(1, 10)]), countPadding = chance(random, 0.5);
  const op = [avgPool1d, avgPool2d, avgPool3d][axes - 1]!;
  return {
    what: { op: op.name, x: x.shape, kernel, stride, padding, countPadding },
    inputs: { x },
    run: ({ x }) => op(x!, { kernel, stride, padding, countPadding }),
    reference: () => avgPooling(x, kernel, window, countPadding ? 'with padding' : 'without padding'),
  };
}

/** y of a normalisation whose statistics are those of sets of elements, `setOf(at)` being the number of an element's set. */
function normalised(x: NdArray, setOf: (at: number) => number, eps: number, weight?: NdArray, bias?: NdArray): NdArray {
  const sets = new Map<number, { count: number; sum: number; squares: number }>();
  const setFor = (at: number) => sets.get(setOf(at)) ?? { count: 0, sum: 0, squares: 0 };
  for (const [at, value] of x.data.entries()) {
    const { count, sum, squares } = setFor(at);
    sets.set(setOf(at), { count: count + 1, sum: sum + value, squares: squares + value * value });
  }
  const c = x.shape.at(-1)!;
  return compute(x.shape, (_, at) => {
    const { count, sum, squares } = setFor(at), mean = sum / count;
    const y = (x.data[at]! - mean) / Math.sqrt(squares / count - mean * mean + eps);
    return y * (weight?.data[at % c] ?? 1) + (bias?.data[at % c] ?? 0);
  });
}

function randomBatchNorm(random: TestRandom): Trial {
  const rank = random.integer(2, 6), c = random.integer(1, 12);
  // With fewer rows the gradient of x is next to nothing, and what is compared is its roundings.
  const rows = random.integer(6, 10);
  const x = normal(random, [rows, ...Array.from({ length: rank - 2 }, () => random.integer(1, 5)), c]);
  const weight = chance(random, 0.7) ? normal(random, [c]) : undefined, bias = chance(random, 0.7) ? normal(random, [c]) : undefined;
  const eps = 10 ** -random.integer(1, 6);
  return {
    what: { op: 'batchNorm', x: x.shape, eps, weight: weight !== undefined, bias: bias !== undefined },
    inputs: { x, ...(weight && { weight }), ...(bias && { bias }) },
    run: ({ x, weight, bias }) => batchNorm(x!, { weight, bias, eps, training: true }),
    reference: () => normalised(x, (at) => at % c, eps, weight, bias),
  };
}

/** Two values a channel that happen to be close are divided by a small number, and so are their roundings. */
const normTolerance = 2e-4;

/** What a trial gives on one device: y, and the gradients of its product with a cotangent. */
function outcome({ inputs, run }: Trial, cotangent: NdArray, on: Device): Record<string, Tensor> {
  return scope(() => {
    const uploaded: Record<string, Tensor> = {};
    for (const [name, { shape, data }] of Object.entries(inputs)) {
      uploaded[name] = tensor(Float32Array.from(data), { shape, device: on, requiresGrad: true });
    }
    const y = run(uploaded);
    expect(y.shape).toEqual(cotangent.shape);
    sum(mul(y, tensor(Float32Array.from(cotangent.data), { shape: y.shape, device: on }))).backward();
    return { y: y.detach(), ...Object.fromEntries(Object.entries(uploaded).map(([name, input]) => [`gradient of ${name}`, input.grad!])) };
  });
}

/**
 * Inputs are of size 1, and so are the terms that an element is summed from. Where they cancel in all elements, the
 * largest one says nothing about the rounding.
 */
function expectCloseTo1(actual: ArrayLike<number>, expected: NdArray, tolerance: number, what: string): void {
  const largest = expected.data.reduce((most, value) => (Number.isFinite(value) ? Math.max(most, Math.abs(value)) : most), 0);
  expectClose(actual, expected, largest > 0 && largest < 1 ? tolerance / largest : tolerance, what);
}

async function check(generate: Generate, at: number, tolerance: number): Promise<void> {
  const random = randomFor(at), trial = generate(random);
  const described = `CONVOLT_SEED=${seed}, case ${at}: ${JSON.stringify(trial.what)}`;
  const expected = trial.reference(), cotangent = normal(random, expected.shape);
  let first: Record<string, NdArray> | undefined; // the gradients on the first device
  for (const name of testDevices) {
    const results = outcome(trial, cotangent, device(name));
    const found: Record<string, NdArray> = {};
    for (const [key, result] of Object.entries(results)) {
      found[key] = { shape: result.shape, data: Float64Array.from(await result.data()) };
      result.dispose();
      const wanted = key === 'y' ? expected : first?.[key];
      if (wanted) expectCloseTo1(found[key].data, wanted, tolerance, `${described}: ${key} on ${name}`);
    }
    first ??= found;
  }
}

/** Results and the gradients that come into them are rounded to 8 bits. */
const sixteenBitTolerance = 2 ** -6;

const families: { name: string; trials: number; generate: Generate; tolerance: number }[] = [
  { name: 'convolution', trials: 240, generate: randomConvolution, tolerance: float32Tolerance },
  { name: 'convolution on tensor cores', trials: 160, generate: randomTensorCoreConvolution, tolerance: sixteenBitTolerance },
  { name: 'max pooling', trials: 100, generate: randomMaxPooling, tolerance: float32Tolerance },
  { name: 'average pooling', trials: 100, generate: randomAvgPooling, tolerance: float32Tolerance },
  { name: 'batch norm', trials: 80, generate: randomBatchNorm, tolerance: normTolerance },
];

const batch = 20;

describe.each(families)(`$trials random cases of $name, CONVOLT_SEED=${seed}`, ({ trials, generate, tolerance }) => {
  const starts = Array.from({ length: trials / batch }, (_, i) => i * batch);
  test.each(starts)('from case %i', async (start) => {
    for (let at = start; at < start + batch; at++) await check(generate, at, tolerance);
  });
});

test('there are at least 500 cases', () => {
  expect(families.reduce((total, { trials }) => total + trials, 0)).toBeGreaterThanOrEqual(500);
});
