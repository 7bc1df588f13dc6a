/** `convolt export`: a model as a file that other programs read. */
import { stat } from 'node:fs/promises';

import { ConvoltError } from '../core/errors.js';
import { createModel, modelInfo, modelName, modelNames } from '../models/index.js';
import type { Module } from '../nn/index.js';
import { writeOnnx } from '../onnx/index.js';
import { loadCheckpoint } from '../train/index.js';
import { fileSource } from '../weights/byte_source.js';
import { loadWeights, saveWeights } from '../weights/index.js';
import { openWeights } from '../weights/weight_file.js';
import { optionHelp, parseOptions, wrappedList } from './arguments.js';
import { shapeOf } from './summary.js';

const options = {
  weights: { kind: 'string', help: 'a checkpoint, or safetensors, .pt or .pth by the names of convolt, torchvision or timm (default: fresh ones)' },
  onnx: { kind: 'string', help: 'the ONNX file to write; weights beyond 2 GB go into FILE.data' },
  safetensors: { kind: 'string', help: 'the safetensors file to write, with convolt\'s names' },
  input: { kind: 'string', help: 'shape of the input with its batch, N,H,W,C; the file takes any batch (default: as published)' },
  channels: { kind: 'choice', choices: ['second', 'last'], help: 'where channels are in the input and output of the ONNX file', default: 'second' },
  classes: { kind: 'integer', help: 'number of classes (default: as published, or as the checkpoint says)', min: 1 },
  help: { kind: 'flag', help: 'shows this text' },
} as const;

const usage = `Usage: convolt export MODEL [--weights FILE] [--onnx FILE] [--safetensors FILE] [options]

Writes a model, with the weights of a checkpoint or fresh ones, for other programs to read.
${wrappedList('Models:', modelNames)}

Options:
${optionHelp(options)}
Examples:
  convolt export resnet50 --weights runs/last/best.safetensors --onnx resnet50.onnx
  convolt export resnet50 --weights resnet50.pth --onnx resnet50.onnx
  convolt export lenet5 --classes 26 --onnx lenet5.onnx --safetensors lenet5.safetensors

Exit codes: 0 written, 1 a mistake of convolt's own, 2 wrong options, files or data.
`;

function failure(message: string): ConvoltError {
  return new ConvoltError('ERR_ARGUMENT', `convolt export: ${message}`);
}

/** Whether a file is of `convolt train`, and says which model it is of. */
async function isCheckpoint(file: string): Promise<boolean> {
  const source = await fileSource(file);
  try {
    return (await openWeights(source)).metadata['model'] !== undefined;
  } finally {
    await source.close();
  }
}

/** The model, with the weights of a file if one is named: a checkpoint knows its classes, and other files do not. */
async function modelOf(given: string, file: string | undefined, classes: number | undefined, channels: number | undefined): Promise<{ model: Module; channels: number }> {
  const name = modelName(given), published = channels ?? modelInfo(name).input.at(-1)!;
  if (file === undefined) return { model: createModel(name, { device: 'cpu', classes, channels: published }), channels: published };
  if (await isCheckpoint(file)) {
    const { model, info } = await loadCheckpoint(file, { device: 'cpu' });
    if (info.model !== name) {
      model.dispose();
      throw failure(`expected --weights of ${name}, but got a checkpoint of ${info.model}`);
    }
    return { model, channels: info.channels };
  }
  const model = createModel(name, { device: 'cpu', classes, channels: published, initialize: false });
  await loadWeights(model, file);
  return { model, channels: published };
}

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;

/** Runs the command. Returns the exit code. */
export async function exportModel(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseOptions('convolt export', options, args);
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  const [given] = positionals;
  if (given === undefined || positionals.length > 1) {
    throw failure(`expected one model, like resnet50, but got ${positionals.join(' ') || 'none'}; see convolt export --help`);
  }
  if (values.onnx === undefined && values.safetensors === undefined) throw failure('expected --onnx FILE or --safetensors FILE, but got neither');
  const input = values.input === undefined ? undefined : shapeOf('convolt export', values.input);
  const { model, channels } = await modelOf(given, values.weights, values.classes, input?.at(-1));
  const written: string[] = [];
  if (values.onnx !== undefined) {
    const inputShape = input ?? [1, ...modelInfo(modelName(given)).input.slice(0, -1), channels];
    written.push(...(await writeOnnx(values.onnx, model, { inputShape, channels: values.channels === 'last' ? 'last' : 'second' })));
  }
  if (values.safetensors !== undefined) {
    await saveWeights(model, values.safetensors);
    written.push(values.safetensors);
  }
  for (const file of written) console.log(`${file}: ${megabytes((await stat(file)).size)}`);
  model.dispose();
  return 0;
}
