/** The options of `convolt train`, with their defaults. */
import type { Tensor } from '../core/tensor.js';
import { modelNames } from '../models/index.js';
import { Adam, AdamW, SGD } from '../optim/index.js';
import { optionHelp, type OptionValues } from './arguments.js';

/** Optimizers, as they train well at the default batch: their highest learning rate and other options. */
export const recipes = {
  sgd: {
    lr: 0.02,
    make: (parameters: Tensor[], lr: number) =>
      new SGD(parameters, { lr, momentum: 0.9, nesterov: true, weightDecay: 1e-3 }),
  },
  adam: { lr: 2e-3, make: (parameters: Tensor[], lr: number) => new Adam(parameters, { lr }) },
  adamw: {
    lr: 3e-3,
    make: (parameters: Tensor[], lr: number) => new AdamW(parameters, { lr, weightDecay: 0.1 }),
  },
};

const defaultRates = Object.entries(recipes)
  .map(([name, { lr }]) => `${lr} for ${name}`)
  .join(', ');

export const options = {
  data: { kind: 'choice', choices: ['fashion-mnist'], default: 'fashion-mnist', help: 'data set' },
  epochs: { kind: 'integer', min: 1, default: 10, help: 'passes over the training images' },
  batch: { kind: 'integer', min: 1, default: 64, help: 'images in a batch' },
  lr: { kind: 'number', min: 0, help: `highest learning rate (default: ${defaultRates})` },
  optimizer: { kind: 'choice', choices: Object.keys(recipes), default: 'adamw', help: 'optimizer' },
  seed: {
    kind: 'integer',
    min: 0,
    default: 1,
    help: 'of the random numbers: the same seed gives the same numbers',
  },
  device: { kind: 'string', help: 'cpu, emu, cuda or cuda:N (default: the first usable GPU, else cpu)' },
  out: { kind: 'string', help: 'folder for checkpoint and report (default runs/MODEL-N)' },
  'data-dir': { kind: 'string', help: 'folder of the data set' },
  limit: { kind: 'integer', min: 1, help: 'only the first N training images, and the first N test images' },
  json: { kind: 'flag', help: 'one JSON object a line instead of text' },
  help: { kind: 'flag', help: 'this text' },
} as const;

export const usage = `Usage: convolt train MODEL [options]

Models: ${modelNames.join(', ')}

Options:
${optionHelp(options)}
Ctrl-C ends training after the current step and writes a checkpoint; a second one ends it at once.
`;

export type TrainValues = OptionValues<typeof options>;
