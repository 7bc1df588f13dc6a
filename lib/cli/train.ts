/** `convolt train`: from a model's name and a data set's to a checkpoint and a report. */
import { dirname, join } from 'node:path';

import { devices } from '../core/device.js';
import { ConvoltError } from '../core/errors.js';
import { writeFileAtomically } from '../data/index.js';
import { modelInfo, type ModelName } from '../models/index.js';
import { trainableParameters, type Module } from '../nn/index.js';
import {
  CheckpointFolder,
  checkpointMetadata,
  LivePage,
  renderReport,
  saveCheckpoint,
  type Evaluation,
  type FitOptions,
  type SavedTraining,
  type Trainer,
  type TrainingState,
} from '../train/index.js';
import { parseOptions, readConfig } from './arguments.js';
import { openData, type TrainingData } from './datasets.js';
import { makeRunFolder, runFiles } from './run_folder.js';
import { options, schedules, usage, type TrainValues } from './train_options.js';
import { JsonOutput, TextOutput, type RunFiles, type TrainOutput } from './train_output.js';
import { historyOf, reportEpoch, type RunHistory, type RunNotes, type RunOptions } from './train_notes.js';
import { reportData, type TrainedRun } from './train_report.js';
import { EventWatcher, PageWatcher, type Watcher } from './train_watchers.js';
import { chooseDevice, makeTrainer, onlyModel } from './training.js';

/** All that a run needs. */
interface Run {
  name: ModelName;
  values: TrainValues;
  images: TrainingData;
  trainer: Trainer;
  /** The highest learning rate. */
  lr: number;
  files: RunFiles;
  checkpoints: CheckpointFolder;
  options: RunOptions;
  /** What was measured so far. */
  history: RunHistory;
  /** Where to go on. */
  state: TrainingState | undefined;
  output: TrainOutput;
}

/** Runs the command. Returns the exit code: 130 if it was interrupted. */
export async function train(args: readonly string[]): Promise<number> {
  const first = parseOptions('convolt train', options, args);
  if (first.values.help) {
    process.stdout.write(usage);
    return 0;
  }
  const { config } = first.values;
  const { values, positionals } = config === undefined ? first : parseOptions('convolt train', options, args, await readConfig(config, options));
  const run = await prepare(onlyModel('convolt train', positionals), values);
  const { isInterrupted, evaluation } = await trainEpochs(run);
  if (isInterrupted) {
    run.output.interrupted(run.history.epochs.length, run.files.checkpoint);
    return 130;
  }
  await finish(run, evaluation ?? (await run.trainer.evaluate(run.images.test)));
  return 0;
}

/** Finds out all that can be wrong before the first step. */
async function prepare(name: ModelName, values: TrainValues): Promise<Run> {
  if (values.resume && values.out === undefined) {
    throw new ConvoltError('ERR_ARGUMENT', 'convolt train: expected --out with --resume, the folder of the run, but got none');
  }
  const { device, reason } = chooseDevice(values.device);
  const output: TrainOutput = values.json ? new JsonOutput() : new TextOutput();
  output.device(devices(), device.name, reason);

  const images = await openData(values, modelInfo(name).input, (file, received, total) => output.downloading?.(file, received, total));
  const folder = await makeRunFolder(name, values.out, { resume: values.resume });
  const files = { checkpoint: join(folder, runFiles.checkpoint), report: join(folder, runFiles.report) };
  const checkpoints = new CheckpointFolder(join(folder, runFiles.checkpoints), { keep: values.keep });

  const transfer = { from: values.from, until: values['freeze-until'] };
  const { trainer, lr, kept } = await makeTrainer(name, values, images.train, images, device, transfer);
  const options = runOptions(name, lr, values);
  const saved = values.resume ? await findCheckpoint(checkpoints, values, output) : undefined;
  const history = saved ? historyOf(saved.notes, options, saved.file) : { epochs: [], stepLosses: [], seconds: 0 };
  output.start?.(
    `${name}, ${trainer.model.parameterCount.toLocaleString('en')} parameters, on ${images.train.length} images of ` +
      `${values.data}: ${values.epochs} epochs in batches of ${values.batch}, ` +
      `${values.optimizer} with learning rate ${lr}, seed ${values.seed}.`,
  );
  if (values.from !== undefined) {
    const fresh = kept.length > 0 ? `, but for ${kept.join(', ')}, which begin anew` : '';
    output.start?.(`Weights of ${values.from}${fresh}; ${trainedCount(trainer.model)} parameters are trained.`);
  }
  if (saved) output.resumed(saved.file, saved.state.progress.epoch, saved.state.progress.step);
  return { name, values, images, trainer, lr, files, checkpoints, options, history, state: saved?.state, output };
}

/** How many numbers are not frozen. */
function trainedCount(model: Module): string {
  return trainableParameters(model).reduce((count, { numel }) => count + numel, 0).toLocaleString('en');
}

/** What decides the run's numbers. */
function runOptions(model: ModelName, lr: number, values: TrainValues): RunOptions {
  const { data, size = null, epochs, batch, optimizer, seed, schedule, augment, mix, accumulate, precision } = values;
  const { ema = null, limit = null, patience = null } = values;
  return {
    model, data, size, epochs, batch, optimizer, lr, seed, schedule, augment, mix, accumulate, precision, ema, limit, patience,
    from: values.from ?? null,
    'freeze-until': values['freeze-until'] ?? null,
    'weight-decay': values['weight-decay'] ?? null,
    'clip-norm': values['clip-norm'] ?? null,
    'label-smoothing': values['label-smoothing'],
  };
}

/** The newest checkpoint, if there is one. @throws ERR_DATA if it is damaged; the message says how to go on. */
async function findCheckpoint(checkpoints: CheckpointFolder, values: TrainValues, output: TrainOutput): Promise<SavedTraining | undefined> {
  try {
    return await checkpoints.latest({
      skipDamaged: values['skip-damaged'],
      onDamaged: (error) => output.warning(`Passed over: ${error.message}`),
    });
  } catch (error) {
    if (!(error instanceof ConvoltError) || error.code !== 'ERR_DATA' || values['skip-damaged']) throw error;
    throw new ConvoltError(error.code, `${error.message}; --skip-damaged goes on from the checkpoint before`, { cause: error });
  }
}

/** Trains, with a checkpoint after each epoch, every so many steps, and after the last step if Ctrl-C came before the end. */
async function trainEpochs(run: Run): Promise<{ isInterrupted: boolean; evaluation: Evaluation | undefined }> {
  const { values, images, trainer, lr, output, history } = run;
  const { epochs: wanted, batch, accumulate, patience } = values;
  const began = performance.now() - history.seconds * 1000;
  let evaluation: Evaluation | undefined;

  const watchers = await watchersOf(run);
  const { signal, stop } = watchInterrupt();
  try {
    const fitting: FitOptions = {
      epochs: wanted,
      batch,
      accumulate,
      schedule: schedules[values.schedule as keyof typeof schedules](lr),
      test: images.test,
      signal,
      checkpoint: { everySteps: values['checkpoint-every'] },
      resume: run.state,
      ...(patience !== undefined && { earlyStopping: { patience } }),
    };
    for await (const record of trainer.fit(images.train, fitting)) {
      switch (record.event) {
        case 'step':
          history.stepLosses.push(record.loss);
          output.step?.(record, wanted);
          for (const watcher of watchers) await watcher.step(record);
          break;
        case 'epoch':
          evaluation = record.test;
          history.epochs.push(reportEpoch(record));
          output.epoch(record, wanted);
          for (const watcher of watchers) await watcher.epoch(record);
          break;
        case 'checkpoint':
          history.seconds = (performance.now() - began) / 1000;
          await save(run, record.state, signal.aborted);
      }
    }
  } finally {
    stop();
    for (const watcher of watchers) await watcher.end();
  }
  return { isInterrupted: signal.aborted && history.epochs.length < wanted, evaluation };
}

/** Saves a state; behind an epoch, or at the end, also the model where users look for it. */
async function save({ name, values, images, checkpoints, files, trainer, options, history }: Run, state: TrainingState, isEnd: boolean): Promise<void> {
  const { mean, std, train: { classes, shape: [height, width, channels = 0] } } = images;
  const info = { model: name, classes, height, width, channels, epoch: history.epochs.length, seed: values.seed, mean, std };
  if (isEnd || state.progress.step === 0) await trainer.asEvaluated(() => saveCheckpoint(files.checkpoint, trainer.model, info));
  // Last, so that a run that goes on from here has its model's file already.
  await checkpoints.save(state, { metadata: checkpointMetadata(info), notes: { options, history } satisfies RunNotes });
}

/** What a report says of a run. */
function described({ name, values, images, trainer, lr }: Run): Pick<TrainedRun, 'model' | 'modelName' | 'dataset' | 'facts' | 'test'> {
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
  return { model, modelName: name, dataset: values.data, facts, test: images.test };
}

/** Writes the report and says what was reached. */
async function finish(run: Run, evaluation: Evaluation): Promise<void> {
  const { images, trainer, files, history, output } = run;
  const skipped = new Map([...images.train.skipped, ...images.test.skipped]);
  if (skipped.size > 0) output.warning(leftOut([...skipped.values()]));
  const data = await trainer.asEvaluated(() => reportData({ ...described(run), evaluation, ...history }));
  await writeFileAtomically(files.report, renderReport(data));
  output.end(evaluation.accuracy, history.seconds, files);
}

/** What was wrong with images, three of them at most by name. */
function leftOut(problems: readonly string[]): string {
  const others = problems.length > 3 ? [`and ${problems.length - 3} more`] : [];
  return [`Left out ${problems.length} image${problems.length > 1 ? 's' : ''} that cannot be read:`, ...problems.slice(0, 3), ...others].join('\n  ');
}

/** Whoever the options let look at the run. */
async function watchersOf(run: Run): Promise<Watcher[]> {
  const { values, trainer, files, history, output } = run;
  const watchers: Watcher[] = [];
  if (values.tensorboard) watchers.push(new EventWatcher(dirname(files.checkpoint), trainer.model));
  if (values.watch) {
    const page = await LivePage.open(values.port);
    output.watching(page.url);
    watchers.push(new PageWatcher(page, { ...described(run), epochs: values.epochs, history }));
  }
  return watchers;
}

/** A signal for the first Ctrl-C or SIGTERM; a second one ends the process at once. */
function watchInterrupt(): { signal: AbortSignal; stop: () => void } {
  const abort = new AbortController();
  const onInterrupt = (): void => {
    if (abort.signal.aborted) process.exit(130);
    abort.abort();
  };
  const ends = ['SIGINT', 'SIGTERM'] as const;
  for (const end of ends) process.on(end, onInterrupt);
  return {
    signal: abort.signal,
    stop: () => {
      for (const end of ends) process.off(end, onInterrupt);
    },
  };
}
