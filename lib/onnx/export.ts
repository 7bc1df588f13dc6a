/** Models as ONNX files. */
import { basename } from 'node:path';

import type { HostArray } from '../core/dtype.js';
import { ConvoltError } from '../core/errors.js';
import type { Shape } from '../core/shape.js';
import type { Storage } from '../core/storage.js';
import { writeFileAtomically } from '../data/index.js';
import { checkModel } from '../nn/check_model.js';
import type { Module } from '../nn/index.js';
import { argumentError, checkChoice, checkOptions, checkText, isList, valueText } from '../ops/arguments.js';
import { Graph, orderedExtents } from './graph.js';
import { addNodes, nodeCall } from './nodes/index.js';
import type { Known } from './nodes/call.js';
import { channelsSecond, inPlace } from './order.js';
import type { DeferredBytes } from './protobuf.js';
import { trace, type Trace } from './trace.js';
import { byteLength, onnxFiles, type FileContents } from './write.js';

export interface OnnxExportOptions {
  /** Shape of the model's input with its batch, like [1,224,224,3]. The file takes batches of any size, and images of this one. */
  inputShape: Shape;
  /** Where channels are in the file's input and output, if they have at least three axes. Default 'second', ONNX's own. */
  channels?: 'second' | 'last' | undefined;
  /** Names of the file's input and output. Default 'input' and 'output'. */
  inputName?: string | undefined;
  outputName?: string | undefined;
}

/** Most bytes that a protocol buffer may have, with a margin for all that is not weights. */
const mostBytes = 2 ** 31 - 2 ** 26;

function checkExport(who: string, model: Module, options: OnnxExportOptions): void {
  checkModel(who, model);
  checkOptions(who, options, '{ inputShape: [1, 28, 28, 1] }');
  const { inputShape, channels = 'second', inputName = 'input', outputName = 'output' } = options;
  if (!isList(inputShape) || inputShape.length < 2 || !inputShape.every((extent) => Number.isSafeInteger(extent) && extent >= 1)) {
    throw argumentError(who, `expected inputShape to be a list of at least 2 whole numbers of at least 1, like [1,28,28,1], but got ${valueText(inputShape)}`);
  }
  checkChoice(who, 'channels', channels, ['second', 'last']);
  checkText(who, 'inputName', inputName);
  checkText(who, 'outputName', outputName);
  if (inputName === outputName) throw argumentError(who, `expected inputName and outputName to differ, but got '${inputName}' for both`);
}

/** Contents of the tables that a trace was given; undefined for what belongs to the model, which is read when it is written. */
async function tables(model: Module, given: Trace['given']): Promise<Map<Storage, HostArray | undefined>> {
  const owned = new Set([...model.namedTensors().values()].map((tensor) => tensor.storage));
  const entries = [...given].map(async ([storage, tensor]) => [storage, owned.has(storage) ? undefined : await tensor.data()] as const);
  return new Map(await Promise.all(entries));
}

/** The graph of a trace. */
async function contentsOf(model: Module, traced: Trace, options: OnnxExportOptions): Promise<FileContents> {
  const { channels = 'second', inputName = 'input', outputName = 'output' } = options;
  const names = new Map([...model.namedTensors()].map(([name, tensor]) => [tensor.storage, name]));
  const graph = new Graph([inputName, outputName], names, await tables(model, traced.given));
  const order = (rank: number) => (channels === 'second' ? channelsSecond(rank) : inPlace(rank));
  const { input, output, given } = traced, known: Known = new Map();
  const inputOrder = order(input.shape.length), outputOrder = order(output.shape.length);
  const { shape, perImage } = input;
  known.set(input.storage, { shape, perImage, name: inputName, order: inputOrder, type: 'float' });
  for (const op of traced.ops) addNodes(graph, known, op);
  graph.layer = '';
  const last = nodeCall<'logical_not'>(graph, known, { name: 'logical_not', params: {}, layer: '', inputs: { x: output }, outputs: {} }).value('x');
  graph.nameOutput(graph.held(last, outputOrder), outputName);
  graph.prune([outputName]);
  return {
    nodes: graph.nodes,
    initializers: [...graph.initializers.values()],
    input: { name: inputName, extents: orderedExtents(input, inputOrder) },
    output: { name: outputName, extents: orderedExtents(output, outputOrder) },
    read: async (storage) => given.get(storage)!.data(),
  };
}

/** Traces a model and hands its graph to `use`. @internal */
export async function withContents<T>(model: Module, options: OnnxExportOptions, use: (contents: FileContents) => Promise<T>): Promise<T> {
  const traced = trace(model, options.inputShape, model.parameters()[0]?.device);
  try {
    return await use(await contentsOf(model, traced, options));
  } finally {
    for (const tensor of traced.given.values()) tensor.dispose();
  }
}

/**
 * A model as an ONNX file, operator set 17: what its forward pass computes in evaluation, with the weights inside, for
 * batches of any size. Names of weights are the model's own, and names of nodes begin with their layer's; images and
 * filters have channels second, as is ONNX's way.
 *
 * The forward pass runs on zeros and its native ops are put down as nodes, so a model whose ops depend on its input's
 * contents comes out as it is for zeros.
 *
 * @returns the file's bytes, 2 GB at most; {@link writeOnnx} has no such limit.
 * @throws ERR_ARGUMENT if the model has an op that ONNX has not, naming op and layer; or if it needs more than 2 GB.
 */
export async function exportOnnx(model: Module, options: OnnxExportOptions): Promise<Uint8Array> {
  checkExport('exportOnnx', model, options);
  return withContents(model, options, async (contents) => {
    const { model: message } = onnxFiles(contents, undefined);
    if (message.length > 2 ** 31 - 1) {
      throw new ConvoltError('ERR_ARGUMENT', `exportOnnx: expected a file of at most 2 GB, but got one of ${message.length} bytes; use writeOnnx, which puts weights into a second file`);
    }
    const bytes = new Uint8Array(message.length);
    let at = 0;
    for await (const piece of message.read()) {
      bytes.set(piece, at);
      at += piece.length;
    }
    return bytes;
  });
}

async function* allBytes(pieces: readonly DeferredBytes[]): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) yield await piece.read();
}

export interface OnnxWriteOptions extends OnnxExportOptions {
  /** Whether weights go into a second file, FILE.data. Default: if they do not fit into one, which ends at 2 GB. */
  externalData?: boolean | undefined;
}

/**
 * Writes a model as an ONNX file, as {@link exportOnnx} makes it, one tensor after another.
 *
 * @returns the files that were written.
 * @throws ERR_ARGUMENT as {@link exportOnnx} does; ERR_FILE if a file cannot be written.
 */
export async function writeOnnx(file: string, model: Module, options: OnnxWriteOptions): Promise<string[]> {
  checkText('writeOnnx', 'file', file);
  checkExport('writeOnnx', model, options);
  return withContents(model, options, async (contents) => {
    const weights = contents.initializers.reduce((sum, initializer) => sum + byteLength(initializer), 0);
    const { externalData = weights > mostBytes } = options, dataFile = `${file}.data`;
    const { model: message, external } = onnxFiles(contents, externalData ? basename(dataFile) : undefined);
    if (externalData) await writeFileAtomically(dataFile, allBytes(external));
    await writeFileAtomically(file, message.read());
    return externalData ? [file, dataFile] : [file];
  });
}
