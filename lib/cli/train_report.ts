/** From what a training run has gathered to its report. */
import type { Dataset } from '../data/index.js';
import type { Module } from '../nn/index.js';
import type { Evaluation, Mistake, ReportData } from '../train/index.js';
import type { RunHistory } from './train_notes.js';

const MISTAKES_SHOWN = 24;

export interface TrainedRun extends RunHistory {
  model: Module;
  modelName: string;
  dataset: string;
  facts: readonly (readonly [string, string])[];
  test: Dataset;
  /** Epochs that `stepLosses` covers. Default: those of `epochs`. */
  epochsCovered?: number;
  /** Of the model on `test`; undefined before the first. */
  evaluation: Evaluation | undefined;
}

/** What a report shows of a run, finished or not. */
export async function reportData({ model, evaluation, test, ...run }: TrainedRun): Promise<ReportData> {
  const [height = 0, width = 0, channels = 0] = test.shape;
  return {
    ...run,
    model: run.modelName,
    classes: test.classes,
    confusion: evaluation?.confusion.rows() ?? [],
    filters: await firstFilters(model),
    mistakes: evaluation ? await worstMistakes(evaluation, test) : [],
    imageShape: [height, width, channels],
  };
}

/** The weights of the first convolution, if there is one. */
async function firstFilters(
  model: Module,
): Promise<{ data: Float32Array; shape: readonly [number, number, number, number] } | undefined> {
  for (const parameter of model.parameters()) {
    const [filters, height, width, channels] = parameter.shape;
    if (
      parameter.shape.length !== 4 ||
      filters === undefined ||
      height === undefined ||
      width === undefined ||
      channels === undefined
    )
      continue;
    return { data: await parameter.data(), shape: [filters, height, width, channels] };
  }
  return undefined;
}

/** The wrong predictions with the highest losses. exp(-loss) is what the model gave to the true class. */
async function worstMistakes({ losses, predictions }: Evaluation, test: Dataset): Promise<Mistake[]> {
  const wrong = [...predictions.keys()].filter((i) => (predictions[i] ?? -1) >= 0 && predictions[i] !== test.labels[i]);
  wrong.sort((a, b) => (losses[b] ?? 0) - (losses[a] ?? 0));
  const mistakes: Mistake[] = [];
  for (const i of wrong.slice(0, MISTAKES_SHOWN)) {
    const image = await test.image(i);
    const label = test.labels[i] ?? 0, predicted = predictions[i] ?? 0, probability = Math.exp(-(losses[i] ?? 0));
    if (image) mistakes.push({ image, label, predicted, probability });
  }
  return mistakes;
}
