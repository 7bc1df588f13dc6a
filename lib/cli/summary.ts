/** `convolt summary`: what a model is made of. */
import { ConvoltError } from '../core/errors.js';
import { createModel, modelName, modelNames } from '../models/index.js';
import { summary as summaryOf } from '../nn/index.js';
import { optionHelp, parseOptions } from './arguments.js';

const options = {
  input: { kind: 'string', help: 'shape of the input with its batch, N,H,W,C', default: '1,28,28,1' },
  classes: { kind: 'integer', help: 'number of classes', min: 1, default: 10 },
  json: { kind: 'flag', help: 'prints one JSON object instead of a table' },
  help: { kind: 'flag', help: 'shows this text' },
} as const;

const usage = `Usage: convolt summary MODEL [options]

Prints the layers of a model with output shapes, parameters and multiply-adds, and the receptive field of an output.
Models: ${modelNames.join(', ')}

Options:
${optionHelp(options)}`;

function shapeOf(text: string): number[] {
  const shape = text.split(',').map(Number);
  if (shape.length >= 2 && shape.every((extent) => Number.isSafeInteger(extent) && extent >= 1)) return shape;
  throw new ConvoltError('ERR_ARGUMENT', `convolt summary: expected --input to be whole numbers of at least 1 with commas between them, but got "${text}"`);
}

/** Runs the command. Returns the exit code. */
export function summary(args: readonly string[]): number {
  const { values, positionals } = parseOptions('convolt summary', options, args);
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  const [name] = positionals;
  if (name === undefined || positionals.length > 1) {
    throw new ConvoltError('ERR_ARGUMENT', `convolt summary: expected one MODEL (${modelNames.join(', ')}), but got ${positionals.join(' ') || 'none'}`);
  }
  const shape = shapeOf(values.input);
  const found = summaryOf(createModel(modelName(name), { device: 'cpu', classes: values.classes }), shape);
  console.log(values.json ? JSON.stringify(found) : found.toString());
  return 0;
}
