/** What the commands that train have in common: the device, the images, and the trainer that options ask for. */
import { cudaInfo, defaultDevice, device as openDevice, type Device } from '../core/device.js';
import type { Float } from '../core/dtype.js';
import { ConvoltError } from '../core/errors.js';
import { Random } from '../core/random.js';
import type { Dataset } from '../data/index.js';
import { extent } from '../core/shape.js';
import { createModel, modelName, type ModelName } from '../models/index.js';
import { freezeUntil, trainableParameters } from '../nn/index.js';
import { EMA } from '../optim/index.js';
import { Trainer } from '../train/index.js';
import { loadWeights } from '../weights/index.js';
import type { PixelStatistics } from './datasets.js';
import { augmentations, mixers, recipes, type TrainingValues } from './train_options.js';

/** How the seed's generator is split, so that more draws for one purpose leave the others as they are. */
const draws = { parameters: 1, order: 2 };

export function chooseDevice(asked: string | undefined): { device: Device; reason: string } {
  if (asked !== undefined) return { device: openDevice(asked), reason: 'as asked for' };
  const device = defaultDevice();
  return {
    device,
    reason: device.backend === 'cuda' ? 'the first usable GPU' : `as no GPU is usable: ${cudaInfo().reason}`,
  };
}

/** The only model among a command's arguments. @throws ERR_ARGUMENT if there is none, another, or more. */
export function onlyModel(command: string, positionals: readonly string[]): ModelName {
  const [name, ...rest] = positionals;
  if (name === undefined || rest.length > 0) {
    const got = name === undefined ? 'none' : positionals.join(' ');
    throw new ConvoltError('ERR_ARGUMENT', `${command}: expected one model, like lenet5, but got ${got}; see ${command} --help`);
  }
  return modelName(name);
}

/** Where a model's weights come from, and which of them stay. */
export interface Transfer {
  /** File of weights. */
  from?: string | undefined;
  /** The last layer that is frozen. */
  until?: string | undefined;
}

/** A fresh model with what trains it on images of some statistics. `lr` is the highest learning rate. */
export async function makeTrainer(
  name: ModelName,
  values: TrainingValues,
  images: Dataset,
  { mean, std }: PixelStatistics,
  device: Device,
  { from, until }: Transfer = {},
): Promise<{ trainer: Trainer; lr: number; kept: readonly string[] }> {
  const random = new Random(values.seed);
  const model = createModel(name, {
    device,
    random: random.fork(draws.parameters),
    classes: images.classes.length,
    channels: extent(images.shape, -1),
  });
  const { kept } = from === undefined ? { kept: [] } : await loadWeights(model, from, { newHead: true });
  if (until !== undefined) freezeUntil(model, until);
  const recipe = recipes[values.optimizer as keyof typeof recipes];
  const lr = values.lr ?? recipe.lr;
  const optimizer = recipe.make(trainableParameters(model), { lr, weightDecay: values['weight-decay'] ?? recipe.weightDecay });
  const augment = augmentations[values.augment as keyof typeof augmentations](images.shape);
  const mix = mixers[values.mix as keyof typeof mixers](images.classes.length);
  const trainer = new Trainer({
    model,
    optimizer,
    random: random.fork(draws.order),
    labelSmoothing: values['label-smoothing'],
    clip: { norm: values['clip-norm'] },
    precision: values.precision as Float,
    ...(augment && { augment }),
    ...(mix && { mix }),
    ...(values.ema !== undefined && { average: new EMA(optimizer, { decay: values.ema }) }),
    mean,
    std,
  });
  return { trainer, lr, kept };
}
