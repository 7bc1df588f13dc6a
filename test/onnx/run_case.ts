/** Finds the cases of ONNX's backend tests in a folder, and runs one. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { device as openDevice, type Device } from '../../lib/core/device.js';
import type { DType } from '../../lib/core/dtype.js';
import { scope } from '../../lib/core/scope.js';
import { sameShape, shapeText } from '../../lib/core/shape.js';
import { Tensor } from '../../lib/core/tensor.js';
import { Call, transposed, type Result } from '../../lib/onnx/call.js';
import { asDeclared, readModel, readTensor, Unsupported, type OnnxModel, type OnnxTensor } from '../../lib/onnx/model.js';
import { operators } from '../../lib/onnx/operators/index.js';
import { Message } from '../../lib/onnx/protobuf.js';
import { nonMaxSuppression } from './non_max_suppression.js';

/** All that the cases are run with. */
const computable: Readonly<Record<string, (call: Call) => Result[] | Promise<Result[]>>> = { ...operators, NonMaxSuppression: nonMaxSuppression };

/** Where Debian's libonnx-testdata puts them. */
export const installedCases = '/usr/share/libonnx-testdata/data';

/** A folder with a model.onnx and folders of inputs and outputs. */
export interface OnnxCase {
  name: string;
  folder: string;
}

export type Outcome = { passed: true } | { skipped: string } | { failed: string };

/** Every case below a folder, in alphabetical order. */
export function findCases(folder: string): OnnxCase[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => path.basename(name) === 'model.onnx')
    .map((name) => path.dirname(name))
    .filter((name) => existsSync(path.join(folder, name, 'test_data_set_0')))
    .sort()
    .map((name) => ({ name, folder: path.join(folder, name) }));
}

/** What a case is of, for a table: its operator, or its operators. */
export function operatorsOf({ folder }: OnnxCase): string {
  const graph = new Message(readFileSync(path.join(folder, 'model.onnx'))).messages(7)[0];
  const names = graph?.messages(1).map((node) => node.text(4)) ?? [];
  return names.length === 1 ? names[0]! : 'several in one graph';
}

/** A device's values on the host; disposes the tensor. */
async function read(tensor: Tensor<DType>): Promise<OnnxTensor> {
  const found = { type: tensor.dtype, shape: tensor.shape, data: Float64Array.from(await tensor.data()) };
  tensor.dispose();
  return found;
}

async function fetched(result: NonNullable<Result>): Promise<OnnxTensor> {
  if (result instanceof Tensor) return read(result);
  return 'order' in result ? transposed(await read(result.tensor), result.order) : result;
}

/** Computes a graph's values one node after another. */
async function evaluate(model: OnnxModel, inputs: readonly OnnxTensor[], on: Device): Promise<Map<string, OnnxTensor>> {
  const values = new Map(model.initial);
  for (const [i, declared] of model.inputs.entries()) {
    if (inputs[i]) values.set(declared.name, asDeclared(inputs[i], declared));
  }
  for (const node of model.nodes) {
    const call = new Call(node, node.inputs.map((name) => values.get(name)), { opset: model.opset, device: on, training: false });
    const results = await scope(() => ({ made: computable[node.operator]!(call) })).made; // a scope takes no promise itself
    for (const [i, name] of node.outputs.entries()) {
      const result = results[i];
      if (result) values.set(name, await fetched(result));
    }
  }
  return values;
}

/** The input_0.pb, input_1.pb, … or output_0.pb, … of a data set. */
export function readTensors(folder: string, kind: 'input' | 'output'): OnnxTensor[] {
  const files = readdirSync(folder).filter((name) => name.startsWith(`${kind}_`));
  return files.map((_, i) => readTensor(new Message(readFileSync(path.join(folder, `${kind}_${i}.pb`)))));
}

/** Relative to the largest element: float32 sums of up to a few thousand terms, in two orders. */
const tolerance = 1e-5;

/** Whether a float32 could have been written by hand with four decimals, as some cases are, the last not always right. */
function hasFourDecimals(value: number): boolean {
  return Math.abs(value * 1e4 - Math.round(value * 1e4)) <= Math.abs(value) * 1e4 * 2 ** -23;
}

/** What is wrong with a result; '' if nothing is. */
export function difference(name: string, actual: OnnxTensor, expected: OnnxTensor): string {
  if (!sameShape(actual.shape, expected.shape)) {
    return `${name}: expected shape ${shapeText(expected.shape)}, but got ${shapeText(actual.shape)}`;
  }
  const finite = expected.data.filter((value) => Number.isFinite(value));
  const magnitude = finite.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const margin = Math.max(tolerance * magnitude, finite.every(hasFourDecimals) ? 1e-4 : 0);
  for (const [i, wanted] of expected.data.entries()) {
    const got = actual.data[i]!;
    const isClose = Number.isFinite(wanted) ? Math.abs(got - wanted) <= margin : Object.is(got, wanted);
    if (!isClose) return `${name}: expected ${wanted} at ${i} of ${shapeText(expected.shape)}, but got ${got}`;
  }
  return '';
}

/** Runs a case on a device: all of its data sets, with all of their outputs. */
export async function runCase({ folder }: OnnxCase, device: string): Promise<Outcome> {
  const on = openDevice(device);
  try {
    const model = readModel(readFileSync(path.join(folder, 'model.onnx')));
    const unknown = [...new Set(model.nodes.map(({ operator }) => operator))].filter((name) => !(name in computable));
    if (unknown.length > 0) return { skipped: `convolt has no ${unknown.join(', ')}` };
    for (const name of readdirSync(folder).filter((name) => name.startsWith('test_data_set_'))) {
      const data = path.join(folder, name);
      const values = await evaluate(model, readTensors(data, 'input'), on);
      for (const [i, expected] of readTensors(data, 'output').entries()) {
        const declared = model.outputs[i]!, actual = values.get(declared.name);
        const problem = actual ? difference(declared.name, actual, asDeclared(expected, declared)) : `${declared.name}: there is none`;
        if (problem !== '') return { failed: problem };
      }
    }
    return { passed: true };
  } catch (error) {
    if (error instanceof Unsupported) return { skipped: error.message };
    return { failed: String(error) };
  }
}
