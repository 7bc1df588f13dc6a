/** `convolt train`: from a model's name and a data set's to a checkpoint and a report. */
import { join } from 'node:path';

import { cudaInfo, defaultDevice, device as openDevice, devices, type Device } from '../core/device.js';
import { ConvoltError } from '../core/errors.js';
import { Random } from '../core/random.js';
import type { Tensor } from '../core/tensor.js';
import { fashionMnist, writeFileAtomically, type Dataset } from '../data/index.js';
import { createModel, modelName, modelNames, type ModelName } from '../models/index.js';
import { Adam, AdamW, cosine, SGD, type Schedule } from '../optim/index.js';
import { saveCheckpoint, Trainer, type EpochRecord } from '../train/index.js';
import { optionHelp, parseOptions, type OptionValues } from './arguments.js';
import { makeRunFolder, runFiles } from './run_folder.js';
import { JsonOutput, TextOutput, type TrainOutput } from './train_output.js';
import { trainReport } from './train_report.js';

/** Optimizers, as they train well at the default batch: their highest learning rate and other options. */
const recipes = {
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

/** The rate rises to its highest in the first twentieth of the run and falls to 0 in half a cosine. */
const schedule = (lr: number): Schedule => cosine(lr, { warmup: 0.05 });

const options = {
  data: { kind: 'choice', choices: ['fashion-mnist'], default: 'fashion-mnist', help: 'data set' },
  epochs: { kind: 'integer', min: 1, default: 10, help: 'passes over the training images' },
  batch: { kind: 'integer', min: 1, default: 64, help: 'images in a batch' },
  lr: {
    kind: 'number',
    min: 0,
    help: `highest learning rate (default: ${Object.entries(recipes)
      .map(([name, { lr }]) => `${lr} for ${name}`)
      .join(', ')})`,
  },
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

const usage = `Usage: convolt train MODEL [options]

Models: ${modelNames.join(', ')}

Options:
${optionHelp(options)}
Ctrl-C ends training after the current step and writes a checkpoint; a second one ends it at once.
`;

type Values = OptionValues<typeof options>;

/** Pixels of Fashion-MNIST's training images, in [0, 1]. */
const pixels = { mean: 0.286, std: 0.353 };

/** How the seed's generator is split, so that more draws for one purpose leave the others as they are. */
const draws = { parameters: 1, order: 2 };

/** Runs the command. Returns the exit code: 130 if it was interrupted. */
export async function train(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseOptions('convolt train', options, args);
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  const name = onlyModel(positionals);
  const { device, reason } = chooseDevice(values.device);
  const output: TrainOutput = values.json ? new JsonOutput() : new TextOutput();
  output.device(devices(), device.name, reason);

  const images = await loadImages(values, output);
  const { classes } = images.train;
  const folder = await makeRunFolder(name, values.out);
  const files = { checkpoint: join(folder, runFiles.checkpoint), report: join(folder, runFiles.report) };

  const random = new Random(values.seed);
  const model = createModel(name, { device, random: random.fork(draws.parameters), classes: classes.length });
  const recipe = recipes[values.optimizer as keyof typeof recipes];
  const lr = values.lr ?? recipe.lr;
  const optimizer = recipe.make(model.parameters(), lr);
  const trainer = new Trainer({ model, optimizer, random: random.fork(draws.order), ...pixels });
  output.start?.(
    `${name}, ${model.parameterCount.toLocaleString('en')} parameters, on ${images.train.length} images of ` +
      `${values.data}: ${values.epochs} epochs in batches of ${values.batch}, ` +
      `${values.optimizer} with learning rate ${lr}, seed ${values.seed}.`,
  );

  const began = performance.now();
  const epochs: EpochRecord[] = [];
  const stepLosses: number[] = [];
  const save = (): Promise<void> =>
    saveCheckpoint(files.checkpoint, model, {
      model: name,
      classes,
      epoch: epochs.length,
      seed: values.seed,
      ...pixels,
    });
  const interrupt = watchInterrupt();
  try {
    const { epochs: wanted, batch } = values;
    const { test } = images;
    for await (const record of trainer.fit(images.train, {
      epochs: wanted,
      batch,
      schedule: schedule(lr),
      test,
      signal: interrupt.signal,
    })) {
      if (record.event === 'step') {
        stepLosses.push(record.loss);
        output.step?.(record, wanted);
      } else {
        epochs.push(record);
        output.epoch(record, wanted);
        await save();
      }
    }
    if (epochs.length < wanted) {
      await save();
      output.interrupted(epochs.length, files.checkpoint);
      return 130;
    }
  } finally {
    interrupt.stop();
  }
  const evaluation = epochs.at(-1)?.test;
  if (!evaluation) throw new ConvoltError('ERR_INTERNAL', 'internal: training ended without an evaluation');
  const seconds = (performance.now() - began) / 1000;
  const facts = [
    ['device', device.name],
    ['parameters', model.parameterCount.toLocaleString('en')],
    ['training images', images.train.length.toLocaleString('en')],
    ['optimizer', values.optimizer],
    ['learning rate', String(lr)],
    ['batch', String(values.batch)],
    ['seed', String(values.seed)],
  ] as const;
  const run = {
    model,
    modelName: name,
    dataset: values.data,
    facts,
    seconds,
    epochs,
    stepLosses,
    test: images.test,
  };
  await writeFileAtomically(files.report, await trainReport(run));
  output.end(evaluation.accuracy, seconds, files);
  return 0;
}

function onlyModel(positionals: readonly string[]): ModelName {
  const [name, ...rest] = positionals;
  if (name === undefined || rest.length > 0) {
    const got = name === undefined ? 'none' : positionals.join(' ');
    throw new ConvoltError(
      'ERR_ARGUMENT',
      `convolt train: expected one model (${modelNames.join(', ')}), but got ${got}`,
    );
  }
  return modelName(name);
}

function chooseDevice(asked: string | undefined): { device: Device; reason: string } {
  if (asked !== undefined) return { device: openDevice(asked), reason: 'as asked for' };
  const device = defaultDevice();
  return {
    device,
    reason: device.backend === 'cuda' ? 'the first usable GPU' : `as no GPU is usable: ${cudaInfo().reason}`,
  };
}

async function loadImages(values: Values, output: TrainOutput): Promise<{ train: Dataset; test: Dataset }> {
  const { train, test } = await fashionMnist({
    ...(values['data-dir'] !== undefined && { folder: values['data-dir'] }),
    onProgress: (file, received, total) => output.downloading?.(file, received, total),
  });
  const { limit = Infinity } = values;
  return { train: train.take(Math.min(limit, train.length)), test: test.take(Math.min(limit, test.length)) };
}

/** A signal for the first Ctrl-C; a second one ends the process at once. */
function watchInterrupt(): { signal: AbortSignal; stop: () => void } {
  const abort = new AbortController();
  const onInterrupt = (): void => {
    if (abort.signal.aborted) process.exit(130);
    abort.abort();
  };
  process.on('SIGINT', onInterrupt);
  return { signal: abort.signal, stop: () => process.off('SIGINT', onInterrupt) };
}
