/**
 * convBatchNorm against torch: values, all gradients and running statistics. Torch has no such op, so its cases of a
 * convolution with a normalisation behind it serve, and those of a normalisation behind a convolution that changes nothing.
 * In 16 bits, where tensor cores do both in one op, the inputs are rounded, which torch's are not.
 */
import { describe, expect, test } from 'vitest';

import { autocast, type HalfType } from '../../lib/core/autocast.js';
import { observeRuns } from '../../lib/core/run.js';
import { tensor, type Tensor } from '../../lib/core/tensor.js';
import { add, cast, conv2d, convBatchNorm, crossEntropy, globalAvgPool2d, linear, maxPool2d, silu, type BatchNormOptions } from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';
import type { GoldenOp } from './cases/golden_op.js';
import { channelsLast } from './layout.js';
import { readGolden, readGoldenCases } from './read.js';
import { runCase } from './run_case.js';

interface NormInputs {
  x: Tensor;
  w: Tensor;
  b: Tensor;
  running_mean: Tensor;
  running_var: Tensor;
}

/** A 1 × 1 convolution that copies its input, and the normalisation. */
const behindIdentity: GoldenOp = {
  layouts: { x: channelsLast, y: channelsLast },
  compute({ x, w: weight, b: bias, running_mean: runningMean, running_var: runningVar }: NormInputs, options: BatchNormOptions) {
    const c = x.shape.at(-1)!, axes = x.shape.length === 2 ? [1] : x.shape.slice(1, -1), window = axes.map(() => 1);
    const identity = tensor(Float32Array.from({ length: c * c }, (_, i) => Number(i % (c + 1) === 0)), { shape: [c, ...window, c], device: x.device });
    const norm = { weight, bias, runningMean, runningVar, momentum: options.momentum, eps: options.eps, training: true };
    const y = convBatchNorm(x.reshape([x.shape[0]!, ...axes, c]), [{ weight: identity, norm }]);
    return { y: cast(y, 'float32').reshape(x.shape), new_running_mean: runningMean, new_running_var: runningVar };
  },
};

/** The first convolution, its normalisation and ReLU are convBatchNorm's. */
const chain: GoldenOp = {
  layouts: { x: channelsLast, w1: channelsLast, w2: channelsLast },
  compute({ x, w1, g, be, w2, b2, w3, b3, t }: Record<'x' | 'w1' | 'g' | 'be' | 'w2' | 'b2' | 'w3' | 'b3', Tensor> & { t: Tensor<'int32'> }) {
    const norm = { weight: g, bias: be, training: true, activation: 'relu' } as const;
    const h = maxPool2d(convBatchNorm(x, [{ weight: w1, conv: { padding: 1 }, norm }]), { kernel: 2 });
    const pooled = globalAvgPool2d(add(h, conv2d(silu(h), w2, { bias: b2, padding: 1 })));
    return { y: crossEntropy(cast(linear(pooled, w3, b3), 'float32'), t) };
  },
};

const ops: Record<string, GoldenOp> = { batch_norm_train: behindIdentity, chain_conv_bn_residual_ce: chain };
const cases = readGoldenCases().cases.filter(({ op }) => op in ops);
const stored = readGolden('ops.safetensors');

/** x, filters, y and gradients are rounded to 8 or 11 bits. */
const tolerances: Record<HalfType, number> = { bfloat16: 2 ** -6, float16: 2 ** -9 };
/** With 8 bits, other elements of the chain's windows are the largest, and pass ReLU, than torch's: only 11 will do. */
const rounded = cases.flatMap((golden) =>
  (['bfloat16', 'float16'] as const).filter((dtype) => dtype === 'float16' || golden.op === 'batch_norm_train').map((dtype) => ({ golden, dtype, id: golden.id })));

describe.each(testDevices)('convBatchNorm against torch on %s', (device) => {
  test.each(cases)('$id in float32, by the separate ops', async (golden) => {
    const comparisons = await runCase(ops[golden.op]!, golden, stored, device);
    expect(comparisons.filter(({ problem }) => problem !== '')).toEqual([]);
  });

  test.each(rounded)('$id under autocast to $dtype, by one op on tensor cores', async ({ golden, dtype }) => {
    const op = ops[golden.op]!, names: string[] = [];
    const observed: GoldenOp = {
      ...op,
      compute: (inputs, attrs) => observeRuns(({ name }) => void names.push(name), () => autocast(dtype, () => op.compute(inputs, attrs))),
    };
    const comparisons = await runCase(observed, golden, stored, device);
    expect(names.filter((name) => name === 'conv_batch_norm_forward')).toHaveLength(device === 'cpu' ? 0 : 1);
    expect(names.includes('batch_norm_train')).toBe(device === 'cpu');
    expect(comparisons.map(({ what }) => what)).toEqual([...Object.keys(golden.outputs), ...Object.keys(golden.grads!).map((key) => `gradient of ${key}`)]);
    for (const { what, error } of comparisons) expect(error, what).toBeLessThan(tolerances[dtype]);
  });
});
