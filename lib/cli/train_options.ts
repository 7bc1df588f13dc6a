/** The options of `convolt train`, with their defaults. */
import { compose, cutmix, flip, mixup, randAugment, randomCrop, type Transform } from '../augment/index.js';
import { floatTypes } from '../core/dtype.js';
import type { Shape } from '../core/shape.js';
import { modelNames } from '../models/index.js';
import {
  Adadelta, Adagrad, Adam, Adamax, AdamW, cosine, LAMB, LARS, Lion, Muon, NAdam, oneCycle, RAdam, RMSprop, SGD,
  type OptimizedParameters, type Optimizer, type Schedule,
} from '../optim/index.js';
import type { Mixer } from '../train/index.js';
import { optionHelp, type OptionValues, wrappedList } from './arguments.js';
import { dataOptions } from './datasets.js';

/** The highest learning rate of an optimizer and its weight decay, as they train well at the default batch. */
interface Recipe {
  lr: number;
  weightDecay: number;
  make: (parameters: OptimizedParameters, rates: { lr: number; weightDecay: number }) => Optimizer;
}

export const recipes = {
  sgd: { lr: 0.02, weightDecay: 1e-3, make: (parameters, rates) => new SGD(parameters, { ...rates, momentum: 0.9, nesterov: true }) },
  adam: { lr: 2e-3, weightDecay: 0, make: (parameters, rates) => new Adam(parameters, rates) },
  adamw: { lr: 3e-3, weightDecay: 0.1, make: (parameters, rates) => new AdamW(parameters, rates) },
  adamax: { lr: 2e-3, weightDecay: 0, make: (parameters, rates) => new Adamax(parameters, rates) },
  nadam: { lr: 2e-3, weightDecay: 0, make: (parameters, rates) => new NAdam(parameters, rates) },
  radam: { lr: 2e-3, weightDecay: 0, make: (parameters, rates) => new RAdam(parameters, rates) },
  rmsprop: { lr: 1e-3, weightDecay: 0, make: (parameters, rates) => new RMSprop(parameters, rates) },
  adagrad: { lr: 0.01, weightDecay: 0, make: (parameters, rates) => new Adagrad(parameters, rates) },
  adadelta: { lr: 1, weightDecay: 0, make: (parameters, rates) => new Adadelta(parameters, rates) },
  lion: { lr: 3e-4, weightDecay: 1, make: (parameters, rates) => new Lion(parameters, rates) },
  lars: { lr: 2, weightDecay: 1e-4, make: (parameters, rates) => new LARS(parameters, rates) },
  lamb: { lr: 1e-2, weightDecay: 0.01, make: (parameters, rates) => new LAMB(parameters, rates) },
  muon: {
    lr: 0.02,
    weightDecay: 0,
    make: (parameters, rates) => new Muon(parameters, { ...rates, vectors: { lr: rates.lr / 10 } }),
  },
} satisfies Record<string, Recipe>;

/** Learning rates over a run, from the highest. */
export const schedules = {
  cosine: (lr: number) => cosine(lr, { warmup: 0.05 }),
  'one-cycle': (lr: number) => oneCycle(lr),
  constant: (lr: number) => () => lr,
} satisfies Record<string, (lr: number) => Schedule>;

/** What happens to training images. */
export const augmentations = {
  none: () => undefined,
  flip: () => flip(),
  'flip-crop': ([height = 0, width = 0]: Shape) => compose([randomCrop({ size: [height, width], padding: 2 }), flip()]),
  'rand-augment': () => compose([randAugment(), flip()]),
} satisfies Record<string, (shape: Shape) => Transform | undefined>;

/** How images of a batch, and with them their labels, are mixed. */
export const mixers = {
  none: () => undefined,
  mixup: (classes: number) => mixup({ classes, alpha: 0.2 }),
  cutmix: (classes: number) => cutmix({ classes }),
} satisfies Record<string, (classes: number) => Mixer | undefined>;

const defaultsOf = (setting: 'lr' | 'weightDecay') =>
  Object.entries(recipes)
    .map(([name, recipe]) => `${recipe[setting]} for ${name}`)
    .join(', ');

/** What is trained, and how. */
export const trainingOptions = {
  ...dataOptions,
  epochs: { kind: 'integer', min: 1, default: 10, help: 'passes over the training images' },
  batch: { kind: 'integer', min: 1, default: 64, help: 'images in a batch' },
  lr: { kind: 'number', min: 0, help: `highest learning rate (default: ${defaultsOf('lr')})` },
  'weight-decay': { kind: 'number', min: 0, help: `how much weights shrink (default: ${defaultsOf('weightDecay')})` },
  optimizer: { kind: 'choice', choices: Object.keys(recipes), default: 'adamw', help: 'optimizer' },
  seed: {
    kind: 'integer',
    min: 0,
    default: 1,
    help: 'of the random numbers: the same seed gives the same numbers',
  },
  schedule: { kind: 'choice', choices: Object.keys(schedules), default: 'cosine', help: 'how the learning rate goes' },
  augment: { kind: 'choice', choices: Object.keys(augmentations), default: 'none', help: 'how training images are changed' },
  mix: { kind: 'choice', choices: Object.keys(mixers), default: 'none', help: 'how training images of a batch are mixed with each other' },
  ema: { kind: 'number', min: 0, max: 1, help: 'decay of an average of the weights, which is evaluated in their place' },
  accumulate: { kind: 'integer', min: 1, default: 1, help: 'batches whose gradients make one step' },
  'clip-norm': { kind: 'number', min: 0, help: 'bound of the common norm of all gradients' },
  'label-smoothing': { kind: 'number', min: 0, max: 0.999, default: 0, help: 'share of the target given to all classes alike' },
  patience: { kind: 'integer', min: 0, help: 'ends training after more than N epochs without a lower test loss' },
  precision: { kind: 'choice', choices: floatTypes, default: 'float32', help: 'of forward passes; weights are float32 in any case' },
  device: { kind: 'string', help: 'cpu, emu, cuda or cuda:N (default: the first usable GPU, else cpu)' },
} as const;

export const options = {
  ...trainingOptions,
  from: { kind: 'string', help: 'file of weights to begin with: safetensors, .pt or .pth; a head of other classes begins anew' },
  'freeze-until': { kind: 'string', help: 'layer that is the last to stay as it is, with those before it' },
  out: { kind: 'string', help: 'folder for checkpoint and report (default runs/MODEL-N)' },
  'checkpoint-every': { kind: 'integer', min: 1, help: 'steps from one checkpoint to the next; after each epoch there is one in any case' },
  keep: { kind: 'integer', min: 1, default: 3, help: 'checkpoints that are kept' },
  resume: { kind: 'flag', help: 'goes on with the run in --out where its last checkpoint is, or begins it' },
  'skip-damaged': { kind: 'flag', help: 'with --resume: goes on from the checkpoint before one that is damaged' },
  tensorboard: { kind: 'flag', help: 'writes event files for TensorBoard into the folder' },
  watch: { kind: 'flag', help: 'serves a live page of the run to this machine' },
  port: { kind: 'integer', min: 0, max: 65535, default: 0, help: 'of the live page; 0 takes one that is free' },
  config: { kind: 'string', help: 'JSON file of these options by their names; those given here go before it' },
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
  convolt train smallnet --config small.json --epochs 5      with small.json {"optimizer": "sgd", "lr": 0.05}
  convolt train smallnet --augment flip-crop --schedule one-cycle --ema 0.999 --tensorboard --watch
  convolt train smallnet --optimizer sgd --weight-decay 5e-4 --augment rand-augment --mix cutmix
  convolt train resnet18 --data photos/ --size 128 --augment flip-crop      with photos/cat/*.jpg, photos/dog/*.jpg
  convolt train resnet18 --data photos/ --from resnet18.pth --freeze-until layer3 --lr 1e-3
  convolt train lenet5 --json --device cpu

Exit codes: 0 trained, 1 a mistake of convolt's own, 2 wrong options, files or data, 3 out of memory, 4 a NaN or an
infinity, 130 interrupted.
`;

export type TrainingValues = OptionValues<typeof trainingOptions>;
export type TrainValues = OptionValues<typeof options>;
