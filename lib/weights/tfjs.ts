/**
 * Weights of TensorFlow.js: a model.json whose `weightsManifest` lists tensors, and their bytes in one or more files behind
 * each other. The format is that of tfjs-core's io.decodeWeights.
 */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { ConvoltError } from '../core/errors.js';
import { numel, sameShape, shapeText, type Shape } from '../core/shape.js';
import { MobileNetV2 } from '../models/index.js';
import { checkModel, checkSaved } from '../nn/check_model.js';
import type { SavedTensor } from '../nn/index.js';
import { argumentError, checkText, valueText } from '../ops/arguments.js';

/** How a tensor's numbers are stored: x = scale * q + min. */
interface Quantization {
  dtype: 'uint8' | 'uint16';
  scale: number;
  min: number;
}

interface ManifestEntry {
  name: string;
  shape: readonly number[];
  dtype: 'float32';
  quantization?: Quantization;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function isQuantization(value: unknown): value is Quantization {
  return isRecord(value) && (value['dtype'] === 'uint8' || value['dtype'] === 'uint16') && typeof value['scale'] === 'number' && typeof value['min'] === 'number';
}

function isEntry(value: unknown): value is ManifestEntry {
  if (!isRecord(value)) return false;
  const { name, shape, dtype, quantization } = value;
  const isShape = Array.isArray(shape) && shape.every((extent) => Number.isSafeInteger(extent) && extent >= 0);
  return typeof name === 'string' && isShape && dtype === 'float32' && (quantization === undefined || isQuantization(quantization));
}

interface ManifestGroup {
  paths: readonly string[];
  weights: readonly ManifestEntry[];
}

function isGroup(value: unknown): value is ManifestGroup {
  if (!isRecord(value)) return false;
  const { paths, weights } = value;
  return Array.isArray(paths) && paths.every((path) => typeof path === 'string') && Array.isArray(weights) && weights.every(isEntry);
}

/** The groups of a model.json. @throws ERR_DATA, of `file`, if it has none. */
function groupsOf(model: unknown, file: string): readonly ManifestGroup[] {
  const groups = isRecord(model) ? model['weightsManifest'] : undefined;
  if (Array.isArray(groups) && groups.every(isGroup)) return groups;
  throw new ConvoltError('ERR_DATA', `${file}: expected a model.json of TensorFlow.js with a weightsManifest of float32 tensors, but got another file`);
}

/**
 * The tensors of a model of TensorFlow.js, by Keras' names, in Keras' layouts.
 *
 * @param model what model.json holds.
 * @param bytes of all the files that it names, one behind the other.
 * @param file for messages.
 * @throws ERR_DATA if the manifest is malformed, or there are more or fewer bytes than it says.
 */
export function decodeTfjsWeights(model: unknown, bytes: Uint8Array, file = 'model.json'): Map<string, SavedTensor> {
  if (!(bytes instanceof Uint8Array)) throw argumentError('decodeTfjsWeights', `expected bytes to be a Uint8Array, but got ${valueText(bytes)}`);
  const entries = groupsOf(model, file).flatMap(({ weights }) => weights), tensors = new Map<string, SavedTensor>();
  const sizes = { float32: 4, uint8: 1, uint16: 2 };
  const expected = entries.reduce((sum, { shape, dtype, quantization }) => sum + numel(shape) * sizes[quantization?.dtype ?? dtype], 0);
  if (expected !== bytes.length) throw new ConvoltError('ERR_DATA', `${file}: expected ${expected} bytes of weights, but got ${bytes.length}`);
  let at = 0;
  for (const { name, shape, dtype, quantization } of entries) {
    const stored = quantization?.dtype ?? dtype, end = at + numel(shape) * sizes[stored];
    const { buffer } = new Uint8Array(bytes.subarray(at, end));
    const { scale = 1, min = 0 } = quantization ?? {};
    const real = (q: number) => q * scale + min;
    const data =
      stored === 'float32' ? new Float32Array(buffer)
      : stored === 'uint8' ? Float32Array.from(new Uint8Array(buffer), real)
      : Float32Array.from(new Uint16Array(buffer), real);
    tensors.set(name, { shape, data });
    at = end;
  }
  return tensors;
}

/** Reads a model.json and the files of weights beside it. @throws ERR_FILE if one cannot be read; ERR_DATA as {@link decodeTfjsWeights} does. */
export async function readTfjsWeights(file: string): Promise<Map<string, SavedTensor>> {
  checkText('readTfjsWeights', 'file', file);
  const read = (path: string) =>
    readFile(path).catch((error: Error) => {
      throw new ConvoltError('ERR_FILE', `${path}: expected a file that can be read, but got ${error.message}`, { cause: error });
    });
  const text = await read(file);
  let model: unknown;
  try {
    model = JSON.parse(text.toString('utf8'));
  } catch {
    model = undefined;
  }
  const paths = groupsOf(model, file).flatMap(({ paths }) => paths);
  return decodeTfjsWeights(model, Buffer.concat(await Promise.all(paths.map((path) => read(join(dirname(file), path))))), file);
}

/** Keras' name of a module of MobileNetV2's features: the layer, and for a normalisation the layer behind it. */
function kerasLayers(): [module: string, layer: string][] {
  const block = (i: number): [string, string][] => {
    const name = i === 1 ? 'expanded_conv' : `block_${i - 1}`, path = `features.${i}.conv`;
    const parts = i === 1 ? ['depthwise'] : ['expand', 'depthwise'];
    return [
      ...parts.flatMap((part, at): [string, string][] => [[`${path}.${at}.0`, `${name}_${part}`], [`${path}.${at}.1`, `${name}_${part}_BN`]]),
      [`${path}.${parts.length}`, `${name}_project`],
      [`${path}.${parts.length + 1}`, `${name}_project_BN`],
    ];
  };
  return [
    ['features.0.0', 'Conv1'], ['features.0.1', 'bn_Conv1'],
    ...Array.from({ length: 17 }, (_, i) => block(i + 1)).flat(),
    ['features.18.0', 'Conv_1'], ['features.18.1', 'Conv_1_bn'],
  ];
}

const normKeys = { weight: 'gamma', bias: 'beta', runningMean: 'moving_mean', runningVar: 'moving_variance' } as const;

/** Keras' filters [R,S,C,K], or [R,S,C,1] of a depthwise convolution, as [K,R,S,C] or [C,R,S,1]. */
function filtersOf({ shape, data }: SavedTensor, isDepthwise: boolean): SavedTensor {
  const [r = 0, s = 0, c = 0, k = 0] = shape, outer = isDepthwise ? c : k, inner = isDepthwise ? k : c, places = r * s;
  const result = new Float32Array(data.length);
  for (let o = 0; o < outer; o++) {
    for (let place = 0; place < places; place++) {
      for (let i = 0; i < inner; i++) {
        const from = isDepthwise ? (place * c + o) * k + i : (place * c + i) * k + o;
        result[(o * places + place) * inner + i] = data[from]!;
      }
    }
  }
  return { shape: [outer, r, s, inner], data: result };
}

/**
 * Writes the weights of Keras' MobileNetV2 into the features of a model made with `keras: true`. Its classifier stays.
 *
 * @param weights by Keras' names, as {@link readTfjsWeights} gives them. More names than needed may be there.
 * @throws ERR_DATA if a tensor is missing or of another shape; the model stays as it is.
 */
export function loadKerasMobileNetV2(model: MobileNetV2, weights: ReadonlyMap<string, SavedTensor>): void {
  const who = 'loadKerasMobileNetV2';
  checkModel(who, model);
  const { name: className } = model.constructor;
  if (!(model instanceof MobileNetV2)) throw argumentError(who, `expected model to be a MobileNetV2, but got ${className}`);
  checkSaved(who, 'weights', weights);
  const state = new Map<string, SavedTensor>(), missing: string[] = [], own = model.namedTensors();
  const take = (name: string, from: string, shaped: (found: SavedTensor) => SavedTensor = (found) => found): void => {
    const found = weights.get(from), expected: Shape | undefined = own.get(name)?.shape;
    if (!found) {
      missing.push(from);
      return;
    }
    const made = shaped(found);
    if (expected && !sameShape(made.shape, expected)) missing.push(`${from} of shape ${shapeText(found.shape)} as ${shapeText(expected)}`);
    state.set(name, made);
  };
  for (const [module, layer] of kerasLayers()) {
    const isDepthwise = layer.endsWith('_depthwise');
    if (own.has(`${module}.runningMean`)) for (const [key, name] of Object.entries(normKeys)) take(`${module}.${key}`, `${layer}/${name}`);
    else take(`${module}.weight`, `${layer}/${isDepthwise ? 'depthwise_kernel' : 'kernel'}`, (found) => filtersOf(found, isDepthwise));
  }
  if (missing.length > 0) throw new ConvoltError('ERR_DATA', `loadKerasMobileNetV2: expected the weights of Keras' MobileNetV2, but there is no ${missing.join(', ')}`);
  model.loadStateDict(state, { strict: false });
}
