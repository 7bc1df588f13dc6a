/** What a network is made of: shapes, parameters, arithmetic and receptive field, seen in a forward pass of zeros. */
import type { Device } from '../core/device.js';
import { ConvoltError } from '../core/errors.js';
import { observeRuns, type RunRecord } from '../core/run.js';
import { scope } from '../core/scope.js';
import { numel, shapeText, type Shape } from '../core/shape.js';
import { noGrad } from '../core/tape.js';
import { resolveDevice, tensor } from '../core/tensor.js';
import { inEvaluation } from './in_evaluation.js';
import type { Module } from './module.js';
import { ReceptiveFields, type ReceptiveField } from './receptive_field.js';
import { whileWrapping } from './wrapping.js';

export interface LayerSummary {
  /** Path of properties from the model, '' for itself. */
  name: string;
  /** The class. */
  type: string;
  /** How many modules it is inside of. */
  depth: number;
  /** Of the last call. */
  outputShape: Shape;
  /** Numbers trained that belong to this module and not to one inside of it. */
  parameters: number;
  /** Done by this module and not by one inside of it, in all of its calls. */
  multiplyAdds: number;
}

export interface ModelSummary {
  /** In the order in which they were first called, outer ones first. */
  layers: LayerSummary[];
  inputShape: Shape;
  outputShape: Shape;
  parameters: number;
  /** Products of convolutions and matrices, each with its addition. */
  multiplyAdds: number;
  /** Of an element of the output, for each spatial axis of the input; undefined if it could not be followed. */
  receptiveField: ReceptiveField[] | undefined;
  /** As a table. */
  toString(): string;
}

/** Multiplications, each with an addition, of a native op. */
function multiplyAddsOf({ params }: RunRecord): number {
  if ('groups' in params && 'k' in params) {
    const { n, z, p, q, k, c, t, r, s, groups } = params;
    return n * z * p * q * k * ((c * t * r * s) / groups);
  }
  if (!('transposeA' in params)) return 0;
  return params.m * params.n * params.k * ('batch' in params ? params.batch : 1);
}

/** Parameters that no module inside of this one has. */
function ownParameters(module: Module): number {
  const inside = new Set([...module.children()].flatMap(([, child]) => child.parameters()));
  return module.parameters().reduce((count, parameter) => count + (inside.has(parameter) ? 0 : parameter.numel), 0);
}

function checkInputShape(inputShape: Shape): void {
  if (!Array.isArray(inputShape) || inputShape.length < 2 || !inputShape.every((extent) => Number.isSafeInteger(extent) && extent >= 1)) {
    throw new ConvoltError('ERR_ARGUMENT', `summary: expected inputShape to be a list of at least 2 whole numbers of at least 1, like [1,28,28,1], but got ${shapeText(inputShape)}`);
  }
}

/**
 * Sends a batch of zeros through a model and reports each layer's output shape, parameters and multiply-adds, the totals,
 * and the receptive field. The model is in evaluation meanwhile; nothing in it changes.
 *
 * @param inputShape with the batch, like [1,28,28,1]; multiply-adds are those of the whole batch.
 * @param options.device where the model is. Default: where its parameters are.
 * @throws ERR_ARGUMENT if the shape is malformed, and whatever the model throws for it.
 */
export function summary(model: Module, inputShape: Shape, options: { device?: Device | string | undefined } = {}): ModelSummary {
  checkInputShape(inputShape);
  const layers = new Map<Module, LayerSummary>();
  const running: LayerSummary[] = [];

  const call = (name: string, module: Module, forward: Module['forward']): Module['forward'] => (...inputs) => {
    const layer = layers.get(module) ?? {
      name,
      type: module.constructor.name,
      depth: running.length,
      outputShape: [],
      parameters: ownParameters(module),
      multiplyAdds: 0,
    };
    layers.set(module, layer);
    running.push(layer);
    const y = forward(...inputs);
    running.pop();
    layer.outputShape = y.shape;
    return y;
  };

  const device = options.device ?? model.parameters()[0]?.device;
  const seen = scope(() => {
    const x = tensor(new Float32Array(numel(inputShape)), { shape: inputShape, device: resolveDevice(device) });
    const fields = new ReceptiveFields(x);
    const observe = (record: RunRecord): void => {
      fields.observe(record);
      running.at(-1)!.multiplyAdds += multiplyAddsOf(record);
    };
    const forward = () => noGrad(() => observeRuns(observe, () => model.forward(x)));
    const y = inEvaluation(model, () => whileWrapping(model, call, forward));
    return { outputShape: y.shape, receptiveField: fields.of(y) };
  });

  const found = [...layers.values()];
  const result = {
    layers: found,
    inputShape,
    ...seen,
    parameters: model.parameterCount,
    multiplyAdds: found.reduce((total, layer) => total + layer.multiplyAdds, 0),
  };
  return { ...result, toString: () => table(result) };
}

/** The multiply-adds of a forward pass: the products of convolutions and matrices. See {@link summary}. */
export function multiplyAdds(model: Module, inputShape: Shape): number {
  return summary(model, inputShape).multiplyAdds;
}

/** The receptive field of an element of a model's output, for each spatial axis. See {@link summary}. */
export function receptiveField(model: Module, inputShape: Shape): ReceptiveField[] | undefined {
  return summary(model, inputShape).receptiveField;
}

const withCommas = (count: number) => count.toLocaleString('en');

/** Receptive fields in words: one if all axes have the same. */
function fieldText(fields: readonly ReceptiveField[]): string {
  const texts = fields.map(({ size, jump, start }) => `size ${size}, jump ${jump}, start ${start}`);
  return new Set(texts).size === 1 ? `${texts[0]}${texts.length > 1 ? ' along each axis' : ''}` : texts.join('; ');
}

function table({ layers, inputShape, parameters, multiplyAdds, receptiveField }: Omit<ModelSummary, 'toString'>): string {
  const rows = [
    ['layer', 'output', 'parameters', 'multiply-adds'],
    ...layers.map(({ name, type, depth, outputShape, ...layer }) => [
      `${'  '.repeat(depth)}${name === '' ? '' : `${name.split('.').at(-1)}: `}${type}`,
      shapeText(outputShape),
      layer.parameters === 0 ? '' : withCommas(layer.parameters),
      layer.multiplyAdds === 0 ? '' : withCommas(layer.multiplyAdds),
    ]),
    ['total', '', withCommas(parameters), withCommas(multiplyAdds)],
  ];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map((row) => row.map((cell, column) => (column < 2 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!))).join('  '));
  const rule = '-'.repeat(lines[0]!.length);
  const field = receptiveField && receptiveField.length > 0 ? [`receptive field of an output: ${fieldText(receptiveField)}`] : [];
  return [`input ${shapeText(inputShape)}`, lines[0], rule, ...lines.slice(1, -1), rule, lines.at(-1), ...field].join('\n');
}
