/** The options of `convolt train`, with their defaults. */
import type { Tensor } from '../core/tensor.js';
import { modelNames } from '../models/index.js';
import { Adam, AdamW, SGD } from '../optim/index.js';
import { optionHelp, wrappedList, type OptionValues } from './arguments.js';

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
  accumulate: { kind: 'integer', min: 1, default: 1, help: 'batches whose gradients make one step' },
  'clip-norm': { kind: 'number', min: 0, help: 'bound of the common norm of all gradients' },
  'label-smoothing': { kind: 'number', min: 0, max: 0.999, default: 0, help: 'share of the target given to all classes alike' },
  patience: { kind: 'integer', min: 0, help: 'ends training after more than N epochs without a lower test loss' },
  device: { kind: 'string', help: 'cpu, emu, cuda or cuda:N (default: the first usable GPU, else cpu)' },
  out: { kind: 'string', help: 'folder for checkpoint and report (default runs/MODEL-N)' },
  'checkpoint-every': { kind: 'integer', min: 1, help: 'steps from one checkpoint to the next; after each epoch there is one in any case' },
  keep: { kind: 'integer', min: 1, default: 3, help: 'checkpoints that are kept' },
  resume: { kind: 'flag', help: 'goes on with the run in --out where its last checkpoint is, or begins it' },
  'skip-damaged': { kind: 'flag', help: 'with --resume: goes on from the checkpoint before one that is damaged' },
  'data-dir': { kind: 'string', help: 'folder of the data set' },
  limit: { kind: 'integer', min: 1, help: 'only the first N training images, and the first N test images' },
  json: { kind: 'flag', help: 'one JSON object a line instead of text' },
  help: { kind: 'flag', help: 'this text' },
} as const;

export const usage = `Usage: convolt train MODEL [options]

${wrappedList('Models:', modelNames)}

Options:
${optionHelp(options)}
Ctrl-C ends training after the current step and writes a checkpoint; a second one ends it at once.

Examples:
  convolt train lenet5
  convolt train smallnet --epochs 20 --optimizer sgd --lr 0.05 --out runs/small
  convolt train smallnet --epochs 20 --out runs/small --checkpoint-every 200 --resume
  convolt train lenet5 --json --device cpu

Exit codes: 0 trained, 1 a mistake of convolt's own, 2 wrong options, files or data, 3 out of memory, 4 a NaN or an
infinity, 130 interrupted.
`;

export type TrainValues = OptionValues<typeof options>;
