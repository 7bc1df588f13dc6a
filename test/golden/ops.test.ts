/** Ops against torch: the cases of ops.json, made by scripts/copy_golden.mjs. */
import { describe, expect, test } from 'vitest';

import { scope } from '../../lib/core/scope.js';
import { tensor, type Tensor } from '../../lib/core/tensor.js';
import {
  add,
  avgPool1d,
  avgPool2d,
  avgPool3d,
  batchNorm,
  conv1d,
  conv2d,
  conv3d,
  crossEntropy,
  globalAvgPool2d,
  linear,
  maxPool1d,
  maxPool2d,
  maxPool3d,
  mseLoss,
  mul,
  relu,
  sigmoid,
  softmax,
  sum,
  tanh,
  type Padding,
  type PerAxis,
  type Reduction,
} from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';
import { expectClose } from '../ops/harness.js';
import golden from './ops.json' with { type: 'json' };
import { channelsLast } from './layout.js';
import { readGolden } from './read.js';

/** Torch's attributes; each op has some of them. */
interface Attributes {
  kernel?: PerAxis | undefined;
  stride?: PerAxis | undefined;
  padding?: PerAxis | string | undefined;
  dilation?: PerAxis | undefined;
  groups?: number | undefined;
  ceil_mode?: boolean | undefined;
  count_include_pad?: boolean | undefined;
  momentum?: number | undefined;
  eps?: number | undefined;
  reduction?: string | undefined;
}

/** Names of tensors in ops.safetensors, null for one that is left out. */
type Names = Record<string, string | null | undefined>;

interface Case {
  id: string;
  op: string;
  attrs: Attributes;
  inputs: Names;
  outputs: Names;
  cotangents?: Names | undefined;
  grads?: Names | undefined;
  /** Torch's own float32 error, relative to the largest element. */
  err32: number;
  err32_grad?: number | undefined;
}

type Inputs = Record<string, Tensor>;

const convolutions = { conv1d, conv2d, conv3d };
const maxPools = { max_pool1d: maxPool1d, max_pool2d: maxPool2d, max_pool3d: maxPool3d };
const avgPools = { avg_pool1d: avgPool1d, avg_pool2d: avgPool2d, avg_pool3d: avgPool3d };
const activations = { relu, sigmoid, tanh, softmax };

function isKey<T extends object>(table: T, key: string): key is Extract<keyof T, string> {
  return key in table;
}

/** A small residual network, as make_golden.py has it. */
function chain({ x, w1, g, be, w2, b2, w3, b3 }: Inputs, labels: Tensor<'int32'>): Tensor {
  let h = relu(batchNorm(conv2d(x!, w1!, { padding: 1 }), { weight: g, bias: be, training: true }));
  h = maxPool2d(h, { kernel: 2 });
  const silu = mul(h, sigmoid(h));
  h = globalAvgPool2d(add(h, conv2d(silu, w2!, { bias: b2, padding: 1 })));
  return crossEntropy(linear(h, w3!, b3), labels);
}

/** The outputs of a case. */
function compute({ op, attrs }: Case, inputs: Inputs, labels: Tensor<'int32'>): Record<string, Tensor> {
  const x = inputs['x']!, weight = inputs['w']!, bias = inputs['b'];
  const { stride, dilation, groups, momentum, eps } = attrs;
  const kernel = attrs.kernel!, padding = attrs.padding as Padding, reduction = attrs.reduction as Reduction;
  if (isKey(convolutions, op)) return { y: convolutions[op](x, weight, { bias, stride, padding, dilation, groups }) };
  if (isKey(maxPools, op)) return { y: maxPools[op](x, { kernel, stride, padding, dilation, ceilMode: attrs.ceil_mode }) };
  if (isKey(avgPools, op)) return { y: avgPools[op](x, { kernel, stride, padding, countPadding: attrs.count_include_pad }) };
  if (isKey(activations, op)) return { y: activations[op](x) };
  const { running_mean: runningMean, running_var: runningVar } = inputs;
  switch (op) {
    case 'batch_norm_train': {
      const y = batchNorm(x, { weight, bias, runningMean, runningVar, momentum, eps, training: true });
      return { y, new_running_mean: runningMean!, new_running_var: runningVar! };
    }
    case 'batch_norm_eval':
      return { y: batchNorm(x, { weight, bias, runningMean, runningVar, eps, training: false }) };
    case 'linear':
      return { y: linear(x, weight, bias) };
    case 'cross_entropy':
      return { y: crossEntropy(x, labels, { reduction }) };
    case 'mse_loss':
      return { y: mseLoss(x, inputs['t']!, { reduction }) };
    case 'chain_conv_bn_residual_ce':
      return { y: chain(inputs, labels) };
    default:
      throw new Error(`ops.json: there is no way to compute ${op}`);
  }
}

/** Ops whose tensors of rank 3 and more have their channels in the second place. */
const hasChannels = /^(conv|max_pool|avg_pool|batch_norm|softmax|chain)/;

describe.each(testDevices)('ops against torch on %s', (device) => {
  const stored = readGolden('ops.safetensors');

  test.each<Case>(golden.cases)('$id', async (golden) => {
    /** A stored tensor, channels last. */
    function read(name: string) {
      const found = stored.get(name);
      if (!found) throw new Error(`ops.safetensors: there is no ${name}`);
      return hasChannels.test(golden.op) ? channelsLast(found) : found;
    }

    const { outputs, gradients } = scope(() => {
      const inputs: Inputs = {};
      let labels = tensor(new Int32Array(0), { device });
      for (const [key, name] of Object.entries(golden.inputs)) {
        if (!name) continue;
        const { shape, data } = read(name);
        if (data instanceof Int32Array) labels = tensor(data, { shape, device });
        else inputs[key] = tensor(data as Float32Array, { shape, device, requiresGrad: key in (golden.grads ?? {}) });
      }
      const outputs = compute(golden, inputs, labels);
      for (const [key, name] of Object.entries(golden.cotangents ?? {})) {
        if (!name) continue;
        const { shape, data } = read(name);
        sum(mul(outputs[key]!, tensor(data as Float32Array, { shape, device }))).backward();
      }
      const gradients: Record<string, Tensor> = {};
      for (const key of Object.keys(golden.grads ?? {})) gradients[key] = inputs[key]!.grad!;
      return { outputs, gradients };
    });

    async function compare(found: Record<string, Tensor>, names: Names, tolerance: number, what: string) {
      for (const [key, name] of Object.entries(names)) {
        if (!name) continue;
        const { shape, data } = read(name), actual = found[key]!;
        expect(actual.shape, `${what} ${key}`).toEqual(shape);
        expectClose(await actual.data(), { shape, data: Float64Array.from(data) }, tolerance, `${what} ${key}`);
      }
    }

    // Ten times what torch's own float32 is off by, as make_golden.py asks, and never below 1e-6.
    await compare(outputs, golden.outputs, Math.max(10 * golden.err32, 1e-6), 'output');
    await compare(gradients, golden.grads ?? {}, Math.max(10 * (golden.err32_grad ?? 0), 1e-6), 'gradient of');
  });
});
