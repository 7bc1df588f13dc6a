/** `convolt augment`: a sheet of images under each augmentation, to look at. */
import * as augment from '../augment/index.js';
import { ConvoltError } from '../core/errors.js';
import { Random } from '../core/random.js';
import { scope } from '../core/scope.js';
import { tensor, type Tensor } from '../core/tensor.js';
import { batches, fashionMnist, imageFolder, writeFileAtomically, type Batch, type Dataset } from '../data/index.js';
import { cast, randomState } from '../ops/index.js';
import { encodePng } from '../train/png.js';
import { optionHelp, parseOptions } from './arguments.js';
import { pictureGrid } from '../explain/picture_grid.js';

/** What a row shows: images [N,H,W,C] and labels [N] to images of the same shape. */
type Row = (images: Tensor<'uint8'>, random: Tensor<'int32'>, labels: Tensor<'int32'>) => Tensor<'uint8'>;

/** Augmentations by name, as strong as they are used in training, on images of some size; all of them happen to each image. */
function rowsFor([height, width]: readonly [number, number], classes: number): Readonly<Record<string, Row>> {
  const size = [height, width] as const, side = Math.min(height, width);
  return {
    original: (images) => images.reshape(images.shape),
    crop: augment.randomCrop({ size, padding: Math.ceil(side / 8) }),
    resizedCrop: augment.randomResizedCrop({ size, area: [0.25, 1] }),
    flip: augment.flip({ probability: 1 }),
    verticalFlip: augment.verticalFlip({ probability: 1 }),
    rotation: augment.rotation({ degrees: 30 }),
    zoom: augment.zoom({ range: [0.7, 1.4] }),
    shear: augment.shear({ degrees: [25, 25] }),
    jitter: augment.colorJitter({ brightness: 0.5, contrast: 0.5, saturation: 0.5, hue: 0.2 }),
    grayscale: augment.grayscale({ probability: 1 }),
    blur: augment.gaussianBlur({ kernel: 2 * Math.ceil(side / 20) + 1, sigma: [0.1, Math.max(1, side / 40)] }),
    sharpness: augment.sharpness({ range: [0, 6], probability: 1 }),
    invert: augment.invert({ probability: 1 }),
    posterize: augment.posterize({ bits: 3, probability: 1 }),
    solarize: augment.solarize({ probability: 1 }),
    autocontrast: augment.autocontrast({ probability: 1 }),
    equalize: augment.equalize({ probability: 1 }),
    erase: augment.erase({ probability: 1, fill: 128 }),
    cutout: augment.cutout({ size: Math.ceil(side / 3) }),
    randAugment: augment.randAugment(),
    mixup: (images, random, labels) => cast(augment.mixup({ classes, alpha: 0.4 })(cast(images, 'float32'), labels, random).images, 'uint8'),
    cutmix: (images, random, labels) => augment.cutmix({ classes })(images, labels, random).images,
  };
}

const names = Object.keys(rowsFor([1, 1], 1));

const options = {
  data: { kind: 'string', help: 'fashion-mnist, or a folder with a folder of images for each class', default: 'fashion-mnist' },
  out: { kind: 'string', help: 'the PNG file to write' },
  rows: { kind: 'string', help: 'names of augmentations, with commas between them (default: all)' },
  columns: { kind: 'integer', min: 1, max: 64, default: 8, help: 'images in a row' },
  size: { kind: 'integer', min: 8, max: 1024, default: 96, help: 'height and width of images from a folder' },
  seed: { kind: 'integer', min: 0, default: 1, help: 'of the random numbers' },
  device: { kind: 'string', default: 'cpu', help: 'cpu, emu, cuda or cuda:N' },
  help: { kind: 'flag', help: 'this text' },
} as const;

const usage = `Usage: convolt augment --data DATA --out FILE.png [options]

Writes some images of a data set, one row as they are and one under each augmentation:
${names.slice(0, 12).join(', ')},
${names.slice(12).join(', ')}.

Options:
${optionHelp(options)}
Examples:
  convolt augment --out sheet.png
  convolt augment --data photos --size 160 --rows original,resizedCrop,jitter --out sheet.png

Exit codes: 0 written, 1 a mistake of convolt's own, 2 wrong options, files or data.
`;

function chosenRows(text: string | undefined): string[] {
  if (text === undefined) return names;
  const chosen = text.split(',').map((name) => name.trim());
  const unknown = chosen.find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw new ConvoltError('ERR_ARGUMENT', `convolt augment: expected --rows to be among ${names.join(', ')}, but got "${unknown}"`);
  }
  return chosen;
}

async function open(data: string, size: number): Promise<Dataset> {
  return data === 'fashion-mnist' ? (await fashionMnist()).train : imageFolder(data, { size });
}

async function sample(dataset: Dataset, count: number, random: Random): Promise<Batch> {
  for await (const batch of batches(dataset, { batch: count, random, prefetch: 0 })) return batch;
  throw new ConvoltError('ERR_DATA', 'convolt augment: expected a data set with images, but got an empty one');
}

/** Runs the command. Returns the exit code. */
export async function augmentSheet(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseOptions('convolt augment', options, args);
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  const { out, data, seed, device } = values;
  if (out === undefined) throw new ConvoltError('ERR_ARGUMENT', 'convolt augment: expected --out FILE.png, but got none');
  if (positionals.length > 0) throw new ConvoltError('ERR_ARGUMENT', `convolt augment: expected options only, but got ${positionals.join(' ')}`);
  const chosen = chosenRows(values.rows);
  const dataset = await open(data, values.size);
  const { images, labels, shape } = await sample(dataset, values.columns, new Random(seed));
  const [count = 0, height = 0, width = 0, channels = 0] = shape;

  const random = randomState(seed, device);
  const rows = rowsFor([height, width], dataset.classes.length);
  const made = chosen.map((name) =>
    scope(() => {
      const x = tensor(images, { shape, device }), target = tensor(labels, { device });
      return { pixels: rows[name]!(x, random, target).data() };
    }),
  );
  const size = height * width * channels;
  const pictures = (await Promise.all(made.map(({ pixels }) => pixels))).flatMap((row) =>
    Array.from({ length: count }, (_, i) => row.subarray(i * size, (i + 1) * size)),
  );
  const enlarge = Math.max(1, Math.floor(64 / width));
  const sheet = pictureGrid(pictures, { height, width, channels: channels === 1 ? 1 : 3 }, { columns: count, enlarge });
  await writeFileAtomically(out, encodePng(sheet.pixels, [sheet.height, sheet.width, sheet.channels]));
  console.log(`${out}: ${sheet.width} x ${sheet.height} pixels, ${count} images a row; from top to bottom`);
  console.log(`  ${chosen.join(', ')}`);
  return 0;
}
