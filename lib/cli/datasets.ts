/** What `--data` names: data sets that are known by name, and folders of images. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { didYouMean } from '../core/did_you_mean.js';
import { ConvoltError } from '../core/errors.js';
import { Random } from '../core/random.js';
import type { Shape } from '../core/shape.js';
import { cifar10, cifar100, fashionMnist, imageFolder, mnist, type Dataset } from '../data/index.js';

/** Options of the commands that read a data set. */
export const dataOptions = {
  data: {
    kind: 'string',
    default: 'fashion-mnist',
    help: 'fashion-mnist; mnist, cifar10 or cifar100, whose files lie in --data-dir; or a folder with a folder of images for each class, or with train and test (or val) of that kind',
  },
  'data-dir': { kind: 'string', help: 'folder of the data set' },
  size: { kind: 'integer', min: 1, help: 'height and width of images from a folder (default: those that the model was published for)' },
  'skip-corrupt': { kind: 'flag', help: 'leaves out images of a folder that cannot be read' },
  limit: { kind: 'integer', min: 1, help: 'only the first N training images, and the first N test images' },
} as const;

export interface DataValues {
  data: string;
  'data-dir'?: string | undefined;
  size?: number | undefined;
  'skip-corrupt': boolean;
  limit?: number | undefined;
}

/** What is subtracted from pixels in [0, 1], and what then divides them. */
export interface PixelStatistics {
  mean: number;
  std: number;
}

/** A data set, with the mean and deviation of its training pixels over all channels. */
export interface TrainingData extends PixelStatistics {
  train: Dataset;
  test: Dataset;
}

type Progress = (file: string, received: number, total: number) => void;
type Parts = { train: Dataset; test: Dataset };

const named: Record<string, PixelStatistics & { open: (folder: string | undefined, onProgress: Progress | undefined) => Promise<Parts> }> = {
  'fashion-mnist': {
    mean: 0.286,
    std: 0.353,
    open: (folder, onProgress) => fashionMnist({ ...(folder !== undefined && { folder }), ...(onProgress && { onProgress }) }),
  },
  mnist: { mean: 0.1307, std: 0.3081, open: (folder) => mnist(given('mnist', folder)) },
  cifar10: { mean: 0.4734, std: 0.2507, open: (folder) => cifar10(given('cifar10', folder)) },
  cifar100: { mean: 0.4782, std: 0.2666, open: (folder) => cifar100(given('cifar100', folder)) },
};

/** Of ImageNet's photographs, as torchvision's reference training has them. */
const photographs: PixelStatistics = { mean: 0.449, std: 0.226 };

function given(name: string, folder: string | undefined): string {
  if (folder === undefined) throw new ConvoltError('ERR_ARGUMENT', `--data ${name}: expected --data-dir, the folder of its files, but got none`);
  return folder;
}

/** A fifth of the images, of each class, for the test; always the same ones. */
const TEST_SHARE = 0.2;

async function openFolder(folder: string, { size, 'skip-corrupt': skips }: DataValues, input: Shape): Promise<Parts> {
  const [height = 1, width = 1, channels] = input;
  const options = { size: size ?? ([height, width] as const), channels: channels === 1 ? 1 : 3, corrupt: skips ? 'skip' : 'throw' } as const;
  const test = ['test', 'val'].map((name) => join(folder, name)).find((path) => existsSync(path));
  if (test !== undefined && existsSync(join(folder, 'train'))) {
    const train = await imageFolder(join(folder, 'train'), options);
    return { train, test: await imageFolder(test, { ...options, classes: train.classes }) };
  }
  const [train, rest] = (await imageFolder(folder, options)).split([1 - TEST_SHARE, TEST_SHARE], { random: new Random(0), stratified: true });
  return { train, test: rest };
}

/**
 * Opens what options name.
 *
 * @param input [H,W,C] of the images that the model was published for.
 * @throws ERR_ARGUMENT if --data is neither a name nor a folder, or --data-dir is missing; ERR_FILE and ERR_DATA as the
 *   data set's own function does.
 */
export async function openData(values: DataValues, input: Shape, onProgress?: Progress): Promise<TrainingData> {
  const { data, limit = Infinity } = values, known = named[data];
  if (!known && !existsSync(data)) {
    throw new ConvoltError('ERR_ARGUMENT', `--data: expected ${Object.keys(named).join(', ')} or a folder of images, but got ${data}${didYouMean(data, Object.keys(named))}`);
  }
  const { train, test } = known ? await known.open(values['data-dir'], onProgress) : await openFolder(data, values, input);
  const { mean, std } = known ?? photographs;
  return { train: train.take(Math.min(limit, train.length)), test: test.take(Math.min(limit, test.length)), mean, std };
}
