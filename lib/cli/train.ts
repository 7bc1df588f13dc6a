/** `convolt train`: from a model's name and a data set's to a checkpoint and a report. */
import { join } from 'node:path';

import { cudaInfo, defaultDevice, device as openDevice, devices, type Device } from '../core/device.js';
import { ConvoltError } from '../core/errors.js';
import { Random } from '../core/random.js';
import { fashionMnist, writeFileAtomically, type Dataset } from '../data/index.js';
import { createModel, modelName, modelNames, type ModelName } from '../models/index.js';
import { cosine, type Schedule } from '../optim/index.js';
import { saveCheckpoint, Trainer, type EpochRecord } from '../train/index.js';
import { parseOptions } from './arguments.js';
import { makeRunFolder, runFiles } from './run_folder.js';
import { options, recipes, usage, type TrainValues } from './train_options.js';
import { JsonOutput, TextOutput, type RunFiles, type TrainOutput } from './train_output.js';
import { trainReport } from './train_report.js';

/** Pixels of Fashion-MNIST's training images, in [0, 1]. */
const pixels = { mean: 0.286, std: 0.353 };

/** How the seed's generator is split, so that more draws for one purpose leave the others as they are. */
const draws = { parameters: 1, order: 2 };

/** The rate rises to its highest in the first twentieth of the run and falls to 0 in half a cosine. */
const schedule = (lr: number): Schedule => cosine(lr, { warmup: 0.05 });

/** All that a run needs. */
interface Run {
  name: ModelName;
  values: TrainValues;
  images: { train: Dataset; test: Dataset };
  trainer: Trainer;
  /** The highest learning rate. */
  lr: number;
  files: RunFiles;
  output: TrainOutput;
}

/** What came of it. */
interface Outcome {
  epochs: EpochRecord[];
  stepLosses: number[];
  seconds: number;
}

/** Runs the command. Returns the exit code: 130 if it was interrupted. */
export async function train(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseOptions('convolt train', options, args);
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  const run = await prepare(onlyModel(positionals), values);
  const outcome = await trainEpochs(run);
  if (outcome.epochs.length < values.epochs) {
    run.output.interrupted(outcome.epochs.length, run.files.checkpoint);
    return 130;
  }
  await finish(run, outcome);
  return 0;
}

/** Finds out all that can be wrong before the first step. */
async function prepare(name: ModelName, values: TrainValues): Promise<Run> {
  const { device, reason } = chooseDevice(values.device);
  const output: TrainOutput = values.json ? new JsonOutput() : new TextOutput();
  output.device(devices(), device.name, reason);

  const images = await loadImages(values, output);
  const folder = await makeRunFolder(name, values.out);
  const files = { checkpoint: join(folder, runFiles.checkpoint), report: join(folder, runFiles.report) };

  const random = new Random(values.seed);
  const classes = images.train.classes.length;
  const model = createModel(name, { device, random: random.fork(draws.parameters), classes });
  const recipe = recipes[values.optimizer as keyof typeof recipes];
  const lr = values.lr ?? recipe.lr;
  const optimizer = recipe.make(model.parameters(), lr);
  const trainer = new Trainer({ model, optimizer, random: random.fork(draws.order), ...pixels });
  output.start?.(
    `${name}, ${model.parameterCount.toLocaleString('en')} parameters, on ${images.train.length} images of ` +
      `${values.data}: ${values.epochs} epochs in batches of ${values.batch}, ` +
      `${values.optimizer} with learning rate ${lr}, seed ${values.seed}.`,
  );
  return { name, values, images, trainer, lr, files, output };
}

/** Trains, with a checkpoint after each epoch, and after the last step if Ctrl-C came before the end. */
async function trainEpochs({ name, values, images, trainer, lr, files, output }: Run): Promise<Outcome> {
  const { epochs: wanted, batch, seed } = values;
  const { classes } = images.train;
  const began = performance.now();
  const epochs: EpochRecord[] = [];
  const stepLosses: number[] = [];
  const save = (): Promise<void> =>
    saveCheckpoint(files.checkpoint, trainer.model, {
      model: name,
      classes,
      epoch: epochs.length,
      seed,
      ...pixels,
    });

  const { signal, stop } = watchInterrupt();
  try {
    const fitting = { epochs: wanted, batch, schedule: schedule(lr), test: images.test, signal };
    for await (const record of trainer.fit(images.train, fitting)) {
      if (record.event === 'step') {
        stepLosses.push(record.loss);
        output.step?.(record, wanted);
      } else {
        epochs.push(record);
        output.epoch(record, wanted);
        await save();
      }
    }
    if (epochs.length < wanted) await save();
  } finally {
    stop();
  }
  return { epochs, stepLosses, seconds: (performance.now() - began) / 1000 };
}

/** Writes the report and says what was reached. */
async function finish(
  { name, values, images, trainer, lr, files, output }: Run,
  outcome: Outcome,
): Promise<void> {
  const { model, optimizer } = trainer;
  const facts = [
    ['device', optimizer.device.name],
    ['parameters', model.parameterCount.toLocaleString('en')],
    ['training images', images.train.length.toLocaleString('en')],
    ['optimizer', values.optimizer],
    ['learning rate', String(lr)],
    ['batch', String(values.batch)],
    ['seed', String(values.seed)],
  ] as const;
  const evaluation = outcome.epochs.at(-1)?.test;
  if (!evaluation) throw new ConvoltError('ERR_INTERNAL', 'internal: training ended without an evaluation');
  const run = { model, modelName: name, dataset: values.data, facts, test: images.test, ...outcome };
  await writeFileAtomically(files.report, await trainReport(run));
  output.end(evaluation.accuracy, outcome.seconds, files);
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

async function loadImages(
  values: TrainValues,
  output: TrainOutput,
): Promise<{ train: Dataset; test: Dataset }> {
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
