/** `convolt explain`: what a network sees in an image, as one sheet of pictures. */
import { normalize } from '../augment/index.js';
import type { Device } from '../core/device.js';
import { ConvoltError } from '../core/errors.js';
import { scope } from '../core/scope.js';
import { extent } from '../core/shape.js';
import { noGrad } from '../core/tape.js';
import { tensor, type Tensor } from '../core/tensor.js';
import { openDecoder } from '../data/decode.js';
import { writeFileAtomically } from '../data/index.js';
import {
  activationPictures, filterPictures, gradCam, gradientPicture, guidedBackprop, heatPicture, occlusion, pictureGrid, saliency,
  type HeatOptions, type Picture,
} from '../explain/index.js';
import { fitted } from '../explain/pictures.js';
import { createModel, isModelName, modelInfo, modelName } from '../models/index.js';
import { Conv2d, tap, type Module } from '../nn/index.js';
import { softmax } from '../ops/index.js';
import { encodePng } from '../train/png.js';
import { loadCheckpoint } from '../train/index.js';
import { loadWeights } from '../weights/index.js';
import { optionHelp, parseOptions, type OptionValues } from './arguments.js';
import { chooseDevice } from './training.js';

const options = {
  weights: { kind: 'string', help: "file of the model's weights: safetensors, .pt or .pth" },
  classes: { kind: 'integer', min: 1, help: "classes of the weights (default: the model's own number)" },
  target: { kind: 'integer', min: 0, help: 'class that is explained (default: the likeliest)' },
  layer: { kind: 'string', help: 'layer of Grad-CAM (default: the last that gives images)' },
  mean: { kind: 'string', default: '0.485,0.456,0.406', help: 'subtracted from pixels in [0, 1]: one number, or one for each channel' },
  std: { kind: 'string', default: '0.229,0.224,0.225', help: 'then divides them' },
  out: { kind: 'string', default: 'explain.png', help: 'the PNG file to write' },
  device: { kind: 'string', help: 'cpu, emu, cuda or cuda:N (default: the first usable GPU, else cpu)' },
  help: { kind: 'flag', help: 'this text' },
} as const;

const usage = `Usage: convolt explain MODEL IMAGE [options]

Writes a sheet of pictures of what a network sees in IMAGE. MODEL is a name (see convolt summary --help), with --weights, or a
file that convolt train has saved. From left to right: the image, saliency, guided backpropagation, Grad-CAM, occlusion; below,
the filters of the first convolution, and the 16 strongest channels of four layers from the first to the last.

Options:
${optionHelp(options)}
Examples:
  convolt explain resnet50 dog.jpg --weights resnet50.pth --out dog.png
  convolt explain runs/lenet5-1/model.safetensors shoe.png

Exit codes: 0 written, 1 a mistake of convolt's own, 2 wrong options, files or data, 3 out of memory.
`;

const tile = 224; // pixels

/** A model with what its images are to be. */
interface Explained {
  model: Module;
  /** [H,W,C]. */
  input: readonly [number, number, number];
  prepare: (images: Tensor<'uint8'>) => Tensor;
  nameOf: (label: number) => string;
}

function numbers(option: string, text: string): number[] {
  const values = text.split(',').map(Number);
  if (values.every(Number.isFinite)) return values;
  throw new ConvoltError('ERR_ARGUMENT', `convolt explain: expected --${option} to be numbers with commas between them, but got "${text}"`);
}

function imageShape(name: Parameters<typeof modelInfo>[0], channels?: number): [number, number, number] {
  const { input } = modelInfo(name);
  if (input.length !== 3) throw new ConvoltError('ERR_ARGUMENT', `convolt explain: expected a model of images, but got ${name}, which takes clips`);
  return [extent(input, 0), extent(input, 1), channels ?? extent(input, 2)];
}

async function openModel(name: string, values: OptionValues<typeof options>, device: Device): Promise<Explained> {
  if (name.endsWith('.safetensors') && values.weights === undefined) {
    const { model, info } = await loadCheckpoint(name, { device });
    const { mean, std, classes } = info;
    return { model, input: imageShape(info.model, info.channels), prepare: normalize({ mean, std }), nameOf: (label) => classes[label] ?? '' };
  }
  if (!isModelName(name) && name.includes('.')) {
    throw new ConvoltError('ERR_ARGUMENT', `convolt explain: expected MODEL to be a name or a .safetensors file, but got ${name}`);
  }
  const known = modelName(name), input = imageShape(known), perChannel = (list: number[]) => (input[2] === 3 ? list : list.slice(0, 1));
  const model = createModel(known, { device, ...(values.classes !== undefined && { classes: values.classes }) });
  if (values.weights !== undefined) await loadWeights(model, values.weights);
  const prepare = normalize({ mean: perChannel(numbers('mean', values.mean)), std: perChannel(numbers('std', values.std)) });
  return { model: model.eval(), input, prepare, nameOf: (label) => `class ${label}` };
}

/** Layers that give images of more than one place, in the order in which they end. */
function imageLayers(model: Module, x: Tensor): string[] {
  const found: string[] = [];
  const stops = [...model.modules()].map(([name, layer]) =>
    layer.registerForwardHook((_layer, _input, { shape }) => {
      if (shape.length === 4 && extent(shape, 1) * extent(shape, 2) > 1 && !found.includes(name)) found.push(name);
    }),
  );
  try {
    noGrad(() => scope(() => void model.forward(x)));
  } finally {
    for (const stop of stops) stop();
  }
  return found;
}

/** The likeliest classes with their probabilities. */
async function judged(model: Module, x: Tensor): Promise<[label: number, probability: number][]> {
  const probabilities = noGrad(() => scope(() => softmax(model.forward(x))));
  const values = await probabilities.data();
  probabilities.dispose();
  return [...values.entries()].sort(([, a], [, b]) => b - a).slice(0, 5);
}

/** A map of the image's extents, or of its own, over the image. [1,P,Q] or [P,Q] */
async function heatOver(map: Tensor, behind: Picture, options: HeatOptions = {}): Promise<Picture> {
  const picture = await heatPicture(map.reshape(map.shape.slice(-2)), behind, options);
  map.dispose();
  return picture;
}

async function sheetOf({ model, input }: Explained, x: Tensor, pixels: Uint8Array, target: number, layer: string, layers: readonly string[]): Promise<Picture> {
  const [height, width, channels] = input;
  const image: Picture = { pixels, height, width, channels: channels === 3 ? 3 : 1 };
  const guided = guidedBackprop(model, x, target), first = [...model.modules()].find(([, module]) => module instanceof Conv2d)?.[1];
  const size = Math.max(4, Math.round(Math.min(height, width) / 6));
  const upper = [
    image,
    await heatOver(saliency(model, x, target), image, { clip: 0.99 }),
    await gradientPicture(guided),
    await heatOver(gradCam(model, x, target, { layer }), image),
    await heatOver(occlusion(model, x, target, { size, stride: Math.ceil(size / 2) }), image),
  ];
  guided.dispose();
  const lower = first instanceof Conv2d ? [await filterPictures(first.weight, { most: 64, enlarge: 4 })] : [];
  const maps = noGrad(() => tap(model, x, layers));
  for (const name of layers) {
    lower.push(await activationPictures(maps[name]!, { most: 16, strongest: true, enlarge: Math.max(1, Math.floor(48 / extent(maps[name]!.shape, 1))) }));
    maps[name]!.dispose();
  }
  const tiles = [...upper, ...lower].map((picture) => fitted(picture, tile).pixels);
  return pictureGrid(tiles, { height: tile, width: tile, channels: 3 }, { columns: upper.length });
}

/** Runs the command. Returns the exit code. */
export async function explain(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseOptions('convolt explain', options, args);
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  const [name, file, ...rest] = positionals;
  if (name === undefined || file === undefined || rest.length > 0) {
    throw new ConvoltError('ERR_ARGUMENT', `convolt explain: expected MODEL IMAGE, but got ${positionals.join(' ') || 'none'}; see convolt explain --help`);
  }
  const { device } = chooseDevice(values.device);
  const explained = await openModel(name, values, device), { model, input, prepare, nameOf } = explained;
  const decoder = await openDecoder('convolt explain', { size: [input[0], input[1]], channels: input[2] === 3 ? 3 : 1 });
  const pixels = await decoder.decode(file, file);
  const x = scope(() => prepare(tensor(pixels, { shape: [1, ...input], device })));
  const classes = await judged(model, x), target = values.target ?? classes[0]?.[0] ?? 0;
  const all = imageLayers(model, x), layer = values.layer ?? all.at(-1);
  if (layer === undefined) throw new ConvoltError('ERR_ARGUMENT', `convolt explain: expected a model with layers that give images, but got ${name}`);
  const shown = [...new Set([0, 1, 2, 3].map((i) => all[Math.round((i * (all.length - 1)) / 3)]!))];
  const sheet = await sheetOf(explained, x, pixels, target, layer, shown);
  await writeFileAtomically(values.out, encodePng(sheet.pixels, [sheet.height, sheet.width, 3]));
  console.log(`${values.out}: ${sheet.width} x ${sheet.height} pixels; ${classes.map(([label, share]) => `${nameOf(label)} ${(100 * share).toFixed(1)} %`).join(', ')}`);
  console.log(`  image, and for ${nameOf(target)}: saliency, guided backpropagation, Grad-CAM at ${layer}, occlusion`);
  console.log(`  filters of the first convolution; strongest channels of ${shown.join(', ')}`);
  x.dispose();
  model.dispose();
  return 0;
}
