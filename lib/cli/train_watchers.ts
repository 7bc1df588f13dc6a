/** Who looks at a run beside the terminal: TensorBoard's event files, and the live page. */
import type { Dataset } from '../data/index.js';
import type { Module } from '../nn/index.js';
import { EventWriter, LivePage, reportParts, type EpochRecord, type Evaluation, type ReportData, type ReportParts, type StepRecord } from '../train/index.js';
import { durationText } from './progress.js';
import type { RunHistory } from './train_notes.js';
import { reportData } from './train_report.js';

/** What a watcher is told. */
export interface Watcher {
  step(record: StepRecord): void | Promise<void>;
  epoch(record: EpochRecord): void | Promise<void>;
  end(): Promise<void>;
}

/** The run that is watched. `history` grows as it goes on. */
export interface WatchedRun {
  model: Module;
  modelName: string;
  dataset: string;
  facts: ReportData['facts'];
  test: Dataset;
  epochs: number;
  history: RunHistory;
}

/** Steps from one loss in the event files to the next. */
const EVENT_EVERY = 10;

/** Writes losses and rates of steps, measures of epochs, and how each parameter is spread behind each. */
export class EventWatcher implements Watcher {
  private readonly writer: EventWriter;
  private readonly model: Module;
  private steps = 0;

  constructor(folder: string, model: Module) {
    this.writer = new EventWriter(folder);
    this.model = model;
  }

  step({ epoch, steps, step, loss, lr }: StepRecord): void {
    this.steps = (epoch - 1) * steps + step;
    if (this.steps % EVENT_EVERY !== 0) return;
    this.writer.scalar('step/loss', loss, this.steps);
    this.writer.scalar('step/learning rate', lr, this.steps);
  }

  async epoch({ trainLoss, trainAccuracy, test, imagesPerSecond }: EpochRecord): Promise<void> {
    const measured = { 'train/loss': trainLoss, 'train/accuracy': trainAccuracy, 'test/loss': test?.loss, 'test/accuracy': test?.accuracy, 'images per second': imagesPerSecond };
    for (const [tag, value] of Object.entries(measured)) if (value !== undefined) this.writer.scalar(tag, value, this.steps);
    for (const [name, parameter] of this.model.namedParameters()) this.writer.histogram(name, await parameter.data(), this.steps);
    await this.writer.flush();
  }

  async end(): Promise<void> {
    await this.writer.flush();
  }
}

/** Milliseconds from one picture of the steps to the next. */
const SHOW_EVERY = 500;

/** Keeps the live page up to date. */
export class PageWatcher implements Watcher {
  private readonly page: LivePage;
  private readonly run: WatchedRun;
  private readonly began = performance.now();
  private shown = -Infinity;

  constructor(page: LivePage, run: WatchedRun) {
    this.page = page;
    this.run = run;
    page.show({ title: `${run.modelName} on ${run.dataset}`, now: 'The first step is under way.' });
  }

  async step({ epoch, step, steps, loss, imagesPerSecond }: StepRecord): Promise<void> {
    const now = performance.now();
    if (now - this.shown < SHOW_EVERY) return;
    this.shown = now;
    const done = epoch - 1 + step / steps;
    const left = (((now - this.began) / 1000) * (this.run.epochs - done)) / done;
    const { charts, facts } = await this.parts(done);
    this.page.show({
      now: `Epoch ${epoch} of ${this.run.epochs}, step ${step} of ${steps}: loss ${loss.toFixed(4)}, ${Math.round(imagesPerSecond)} images/s, ${durationText(left)} left`,
      charts,
      facts,
    });
  }

  async epoch({ epoch, test }: EpochRecord): Promise<void> {
    this.page.show(await this.parts(epoch, test));
  }

  async end(): Promise<void> {
    this.page.show({ now: 'The run has ended.' });
    await this.page.close();
  }

  private async parts(epochsCovered: number, evaluation?: Evaluation): Promise<ReportParts> {
    const { history, ...run } = this.run;
    const { epochs, stepLosses } = history;
    const seconds = (performance.now() - this.began) / 1000;
    return reportParts(await reportData({ ...run, epochs, stepLosses, seconds, epochsCovered, evaluation }));
  }
}
