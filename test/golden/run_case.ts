/** Runs one golden case of an op on a device and compares all of its outputs and gradients with torch's. */
import type { DType } from '../../lib/core/dtype.js';
import { scope } from '../../lib/core/scope.js';
import { sameShape, shapeText } from '../../lib/core/shape.js';
import { Tensor, tensor } from '../../lib/core/tensor.js';
import type { HostTensor } from '../../lib/data/safetensors.js';
import { add, mul, sum } from '../../lib/ops/index.js';
import type { GoldenOp, Outputs } from './cases/golden_op.js';

/** Names of tensors in ops.safetensors, null for one that is left out. */
type Names = Readonly<Record<string, string | null>>;

/** A case as ops.json has it. */
export interface GoldenCase {
  id: string;
  op: string;
  attrs: object;
  inputs: Names;
  outputs: Names;
  cotangents?: Names;
  grads?: Names;
  /** What torch's own float32 is off by, relative to the largest element. */
  err32: number;
  err32_grad?: number;
}

/** What ops.json holds. */
export interface GoldenCases {
  torch: string;
  cases: GoldenCase[];
}

export interface Comparison {
  /** Of which output or gradient. */
  what: string;
  /** Relative to the largest element; Infinity if shapes, NaN or infinities differ. */
  error: number;
  tolerance: number;
  /** What is wrong, in words; '' if nothing is. */
  problem: string;
}

/** As make_golden.py asks: ten times what torch's own float32 is off by, and never below 1e-6. */
export function toleranceOf(err32 = 0): number {
  return Math.max(10 * err32, 1e-6);
}

/** The largest difference, relative to the largest element expected, and where it is. */
function deviation(actual: ArrayLike<number>, expected: ArrayLike<number>): { error: number; at: number } {
  let difference = 0, largest = 0, at = 0;
  for (let i = 0; i < expected.length; i++) {
    const wanted = expected[i]!, got = actual[i]!;
    if (Object.is(wanted, got) || wanted === got) {
      largest = Math.max(largest, Number.isFinite(wanted) ? Math.abs(wanted) : 0);
      continue;
    }
    const off = Number.isFinite(wanted) && Number.isFinite(got) ? Math.abs(got - wanted) : Infinity;
    if (off > difference) [difference, at] = [off, i];
    largest = Math.max(largest, Number.isFinite(wanted) ? Math.abs(wanted) : 0);
  }
  return { error: difference === 0 || largest === 0 ? difference : difference / largest, at };
}

/** Compares values with those expected. */
export function compare(what: string, actual: HostTensor, expected: HostTensor, tolerance: number): Comparison {
  if (!sameShape(actual.shape, expected.shape)) {
    const problem = `${what}: expected shape ${shapeText(expected.shape)}, but got ${shapeText(actual.shape)}`;
    return { what, error: Infinity, tolerance, problem };
  }
  const { error, at } = deviation(actual.data, expected.data);
  const problem = error <= tolerance ? '' : `${what}: element ${at} of ${shapeText(expected.shape)}: expected ${expected.data[at]} within ` +
    `${tolerance} of the largest, but got ${actual.data[at]} (off by ${error.toExponential(2)})`;
  return { what, error, tolerance, problem };
}

/** An output's shape and values. */
async function onHost(output: Outputs[string]): Promise<HostTensor> {
  if (output instanceof Tensor) return { shape: output.shape, data: await output.data() };
  const data = await output;
  return { shape: [data.length], data };
}

/** The cotangents' products with the outputs, summed: the scalar that torch took the gradients of. */
function projected(outputs: Outputs, cotangents: Readonly<Record<string, Tensor>>): Tensor {
  const parts = Object.entries(cotangents).map(([key, cotangent]) => sum(mul(outputs[key] as Tensor, cotangent)));
  return parts.reduce((total, part) => add(total, part));
}

/**
 * @param stored the tensors of ops.safetensors.
 * @throws what the op throws, and an Error if the file lacks a tensor.
 */
export async function runCase(
  op: GoldenOp,
  golden: GoldenCase,
  stored: ReadonlyMap<string, HostTensor>,
  device: string,
): Promise<Comparison[]> {
  const { layouts = {} } = op, wanted = golden.grads ?? {};

  /** The stored tensors of some names, as convolt lays them out. */
  function read(names: Names): Record<string, HostTensor> {
    const found: Record<string, HostTensor> = {};
    for (const [key, name] of Object.entries(names)) {
      if (name === null) continue;
      const tensor = stored.get(name);
      if (!tensor) throw new Error(`ops.safetensors: there is no ${name}`);
      found[key] = layouts[key]?.(tensor) ?? tensor;
    }
    return found;
  }

  /** The same on the device. */
  function upload(names: Names): Record<string, Tensor<DType>> {
    const uploaded: Record<string, Tensor<DType>> = {};
    for (const [key, { shape, data }] of Object.entries(read(names))) {
      uploaded[key] =
        data instanceof Int32Array
          ? tensor(data, { shape, device })
          : tensor(data as Float32Array, { shape, device, requiresGrad: names === golden.inputs && key in wanted });
    }
    return uploaded;
  }

  const { inputs, outputs, gradients } = scope(() => {
    const inputs = upload(golden.inputs);
    const outputs = op.compute(inputs, golden.attrs);
    const gradients: Record<string, Tensor> = {};
    if (golden.cotangents) {
      projected(outputs, upload(golden.cotangents) as Record<string, Tensor>).backward();
      for (const key in wanted) {
        const gradient = inputs[key]?.grad;
        if (gradient) gradients[key] = gradient;
      }
    }
    return { inputs, outputs, gradients };
  });

  const comparisons: Comparison[] = [];
  async function compareAll(found: Outputs, names: Names, tolerance: number, prefix: string) {
    for (const [key, expected] of Object.entries(read(names))) {
      const what = prefix + key, actual = found[key];
      if (actual) comparisons.push(compare(what, await onHost(actual), expected, tolerance));
      else comparisons.push({ what, error: Infinity, tolerance, problem: `${what}: there is none` });
    }
  }
  await compareAll(outputs, golden.outputs, toleranceOf(golden.err32), '');
  await compareAll(gradients, wanted, toleranceOf(golden.err32_grad), 'gradient of ');
  for (const made of [inputs, outputs, gradients].flatMap((tensors) => Object.values<Outputs[string]>(tensors))) {
    if (made instanceof Tensor) made.dispose();
  }
  return comparisons;
}
