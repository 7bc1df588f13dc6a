/** `convolt evaluate`: what a trained model says of test images. */
import { ConvoltError } from '../core/errors.js';
import { modelInfo } from '../models/index.js';
import { Calibration, evaluate as evaluateModel, loadCheckpoint, RocAuc, TopKAccuracy } from '../train/index.js';
import { optionHelp, parseOptions } from './arguments.js';
import { dataOptions, openData } from './datasets.js';
import { chooseDevice } from './training.js';

const options = {
  ...dataOptions,
  batch: { kind: 'integer', min: 1, default: 256, help: 'images at a time' },
  device: { kind: 'string', help: 'cpu, emu, cuda or cuda:N (default: the first usable GPU, else cpu)' },
  json: { kind: 'flag', help: 'one JSON object instead of text' },
  help: { kind: 'flag', help: 'this text' },
} as const;

const usage = `Usage: convolt evaluate FILE.safetensors [options]

Loads a model that convolt train has saved and measures it on the test images: loss, accuracy, top-5, precision, recall, F1,
area under the ROC, calibration and the confusion matrix.

Options:
${optionHelp(options)}
Examples:
  convolt evaluate runs/lenet5-1/model.safetensors
  convolt evaluate runs/lenet5-1/model.safetensors --limit 1000 --json

Exit codes: 0 evaluated, 1 a mistake of convolt's own, 2 wrong options, files or data, 3 out of memory.
`;

/** Runs the command. Returns the exit code. */
export async function evaluate(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseOptions('convolt evaluate', options, args);
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  const [file] = positionals;
  if (file === undefined || positionals.length > 1) {
    throw new ConvoltError('ERR_ARGUMENT', `convolt evaluate: expected one FILE.safetensors, but got ${positionals.join(' ') || 'none'}`);
  }
  const { device } = chooseDevice(values.device);
  const { model, info } = await loadCheckpoint(file, { device });
  const { input: [height, width] } = modelInfo(info.model);
  const { test } = await openData(values, [info.height ?? height ?? 1, info.width ?? width ?? 1, info.channels]);
  const classes = info.classes.length;
  const topK = new TopKAccuracy([1, Math.min(5, classes)]), area = new RocAuc(classes), calibration = new Calibration();
  const { mean, std } = info;
  const { loss, accuracy, confusion } = await evaluateModel(model, test, { batch: values.batch, mean, std, metrics: [topK, area, calibration] });
  const perClass = confusion.perClass(), areas = await area.result();
  const found = {
    images: test.length,
    loss,
    accuracy,
    top5: (await topK.result()).get(Math.min(5, classes)),
    ...confusion.average(),
    areaUnderRoc: areas.mean,
    calibrationError: (await calibration.result()).expectedError,
    classes: info.classes.map((name, label) => ({ name, ...perClass[label], areaUnderRoc: areas.perClass[label] })),
    confusion: confusion.rows(),
  };
  console.log(values.json ? JSON.stringify(found) : describe(found));
  return 0;
}

const share = (value: number | undefined) => `${(100 * (value ?? NaN)).toFixed(2)} %`;

interface Found {
  images: number;
  loss: number;
  accuracy: number;
  top5: number | undefined;
  calibrationError: number;
  areaUnderRoc: number;
  classes: { name: string; precision?: number; recall?: number; f1?: number; areaUnderRoc: number | undefined }[];
}

function describe({ images, loss, accuracy, top5, calibrationError, areaUnderRoc, classes }: Found): string {
  const width = Math.max(5, ...classes.map(({ name }) => name.length));
  const row = (cells: readonly string[]) => cells.map((cell, i) => (i === 0 ? cell.padEnd(width) : cell.padStart(10))).join('  ');
  return [
    `${images.toLocaleString('en')} images: accuracy ${share(accuracy)}, top-5 ${share(top5)}, loss ${loss.toFixed(4)}, area under ROC ${areaUnderRoc.toFixed(4)}, calibration error ${share(calibrationError)}`,
    '',
    row(['class', 'precision', 'recall', 'F1', 'ROC']),
    ...classes.map(({ name, precision, recall, f1, areaUnderRoc: area = NaN }) => row([name, share(precision), share(recall), share(f1), area.toFixed(4)])),
  ].join('\n');
}
