/** `convolt summary`: what a model is made of. */
import { ConvoltError } from '../core/errors.js';
import { createModel, modelInfo, modelName, modelNames } from '../models/index.js';
import { summary as summaryOf } from '../nn/index.js';
import { optionHelp, parseOptions, wrappedList } from './arguments.js';

const options = {
  input: { kind: 'string', help: 'shape of the input with its batch, N,H,W,C (default: one image of the size that the model was published for)' },
  classes: { kind: 'integer', help: 'number of classes (default: as published)', min: 1 },
  json: { kind: 'flag', help: 'prints one JSON object instead of a table' },
  help: { kind: 'flag', help: 'shows this text' },
} as const;

const usage = `Usage: convolt summary MODEL [options]

Prints the layers of a model with output shapes, parameters and multiply-adds, and the receptive field of an output.
${wrappedList('Models:', modelNames)}

Options:
${optionHelp(options)}
Examples:
  convolt summary resnet50
  convolt summary lenet5 --input 4,28,28,1 --classes 26 --json

Exit codes: 0 printed, 1 a mistake of convolt's own, 2 wrong options.
`;

/** The shape that --input of a command names. */
export function shapeOf(command: string, text: string): number[] {
  const shape = text.split(',').map(Number);
  if (shape.length >= 2 && shape.every((extent) => Number.isSafeInteger(extent) && extent >= 1)) return shape;
  throw new ConvoltError('ERR_ARGUMENT', `${command}: expected --input to be whole numbers of at least 1 with commas between them, but got "${text}"`);
}

/** Runs the command. Returns the exit code. */
export function summary(args: readonly string[]): number {
  const { values, positionals } = parseOptions('convolt summary', options, args);
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  const [given] = positionals;
  if (given === undefined || positionals.length > 1) {
    throw new ConvoltError('ERR_ARGUMENT', `convolt summary: expected one model, like resnet50, but got ${positionals.join(' ') || 'none'}; see convolt summary --help`);
  }
  const name = modelName(given);
  const shape = values.input === undefined ? [1, ...modelInfo(name).input] : shapeOf('convolt summary', values.input);
  const model = createModel(name, { device: 'cpu', classes: values.classes, channels: shape.at(-1), initialize: false });
  const found = summaryOf(model, shape);
  console.log(values.json ? JSON.stringify(found) : found.toString());
  return 0;
}
