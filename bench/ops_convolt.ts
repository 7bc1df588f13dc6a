/**
 * convolt's side of bench/ops.ts. Reads the cases as one line of JSON, then one request a line, {"at", "gradients"}, and
 * answers each with the seconds that a call takes.
 */
import { createInterface } from 'node:readline';

import * as convolt from 'convolt';
import { device, grad, noGrad, scope, tensor, type Tensor } from 'convolt';

import { median } from './hardware.js';
import type { Input, OpsCase } from './ops_cases.js';

/** A measurement is the median of so many stretches that last so many seconds each. */
const STRETCHES = 12, LASTS = 0.005;

const on = device('cpu');

type Tensors = Record<string, Tensor>;
type Options = Record<string, unknown>;

/** Functions whose tensors come first, in the order of the inputs, and options last. */
type Plain = (...args: unknown[]) => Tensor;
const everything: unknown = convolt;
const library = everything as Record<string, Plain | undefined>;

/** Tensors that are options. */
const optional = ['bias', 'runningMean', 'runningVar'];

/** Calls that do not follow the rule. */
const special: Record<string, (inputs: Tensors, options: Options) => Tensor> = {
  linear: ({ x, weight, bias }) => convolt.linear(x!, weight!, bias),
  batchNorm: ({ x, ...tensors }, options) => library['batchNorm']!(x, { ...tensors, ...options }),
  groupNorm: ({ x, ...tensors }, { groups }) => library['groupNorm']!(x, groups, tensors),
  instanceNorm: ({ x, ...tensors }) => library['instanceNorm']!(x, tensors),
  layerNorm: ({ x, ...tensors }) => library['layerNorm']!(x, tensors),
  adaptiveAvgPool2d: ({ x }, { outputSize }) => library['adaptiveAvgPool2d']!(x, outputSize),
  argmax: ({ x }) => library['argmax']!(x, -1),
  cumsum: ({ x }) => library['cumsum']!(x, 1),
  where: ({ condition, a, b }) => library['where']!(condition, a, b),
  pad: ({ x }, { each, mode }) => library['pad']!(x, [0, each, each, 0], { mode }),
  concat: ({ a, b }) => library['concat']!([a, b], -1),
  permute: ({ x }) => library['permute']!(x, [0, 3, 1, 2]),
  pixelShuffle: ({ x }, { r }) => library['pixelShuffle']!(x, r),
  gather: ({ x, indices }) => library['gather']!(x, indices, 1),
  dropout: ({ x }, options) => convolt.dropout(x!, { ...options, training: true, random: dropoutState }),
};
const dropoutState = convolt.keep(convolt.randomState(1, on));

function call(op: string, inputs: Tensors, options: Options): Tensor {
  const known = special[op];
  if (known) return known(inputs, options);
  const fn = library[op];
  if (!fn) throw new Error(`there is no op ${op}`);
  const positional = Object.entries(inputs).filter(([name]) => !optional.includes(name)).map(([, value]) => value);
  const named = Object.fromEntries(Object.entries(inputs).filter(([name]) => optional.includes(name)));
  return fn(...positional, { ...named, ...options });
}

/** Whether a gradient of the input is measured. */
const isWanted = (name: string) => !['target', 'runningMean', 'runningVar', 'indices', 'condition'].includes(name);
const isPositive = (name: string) => ['runningVar', 'target'].includes(name);

/** A multiplicative sequence in [0, 1): quick, and without structure that an op could notice. */
const fraction = (i: number) => ((Math.imul(i + 1, 2654435761) >>> 0) / 2 ** 32);

function makeInput(name: string, input: Input, requiresGrad: boolean): Tensor {
  const shape = 'below' in input ? input.shape : input;
  const length = shape.reduce((product, extent) => product * extent, 1);
  if ('below' in input) {
    const numbers = Array.from({ length }, (_, i) => Math.floor(fraction(i) * input.below));
    const labels: unknown = tensor(name === 'condition' ? Uint8Array.from(numbers) : Int32Array.from(numbers), { shape, device: on });
    return labels as Tensor;
  }
  const values = Float32Array.from({ length }, (_, i) => (isPositive(name) ? fraction(i) : 2 * fraction(i) - 1));
  return tensor(values, { shape, device: on, requiresGrad: requiresGrad && isWanted(name) });
}

// A gradient to start from, as torch's backward(gradient) takes it: the library's own tape, whose roots have one element.
const url = new URL('../../dist/core/tape.js', import.meta.url).href;
const { OpNode } = (await import(url)) as typeof import('../dist/core/tape.js');
type Recorded = Tensor & { node: InstanceType<typeof OpNode> | null };

/** A one-element tensor whose gradient, sent back, is `cotangent` for y. */
function rootOf(y: Tensor, cotangent: Tensor): Tensor {
  const root = convolt.zeros([], { device: on }) as Recorded;
  root.node = new OpNode('cotangent', [(y as Recorded).node], () => cotangent.detach(), []);
  return root;
}

/** What one measured call does: forward, or forward and backward. */
function work({ op, options }: OpsCase, inputs: Tensors, gradients: boolean): () => void {
  if (!gradients) return () => noGrad(() => scope(() => void call(op, inputs, options)));
  const leaves = Object.values(inputs).filter((input) => input.requiresGrad);
  const { shape } = scope(() => call(op, inputs, options));
  const cotangent = convolt.ones(shape, { device: on });
  return () => scope(() => void grad(rootOf(call(op, inputs, options), cotangent), leaves));
}

async function seconds(step: () => void, times: number): Promise<number> {
  const began = performance.now();
  for (let i = 0; i < times; i++) step();
  await on.synchronize();
  return (performance.now() - began) / 1000 / times;
}

/** The seconds of one call of a case. */
async function measure(measured: OpsCase, gradients: boolean): Promise<number> {
  const inputs = Object.entries(measured.inputs).map(([name, input]) => [name, makeInput(name, input, gradients)] as const);
  const step = work(measured, Object.fromEntries(inputs), gradients);
  await seconds(step, 2); // memory and oneDNN's primitives are made in the first calls
  const estimate = await seconds(step, 3);
  const stretches: number[] = [];
  for (let i = 0; i < STRETCHES; i++) stretches.push(await seconds(step, Math.ceil(LASTS / estimate)));
  for (const [, input] of inputs) input.dispose();
  return median(stretches);
}

let cases: OpsCase[] | undefined;
for await (const line of createInterface({ input: process.stdin })) {
  if (!cases) {
    cases = JSON.parse(line) as OpsCase[];
    continue;
  }
  const { at, gradients } = JSON.parse(line) as { at: number; gradients: boolean };
  console.log(JSON.stringify(await measure(cases[at]!, gradients)));
}
