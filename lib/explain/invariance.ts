/** How a network's answers change when its image is moved, enlarged or turned. */
import { warp } from '../augment/index.js';
import { scope } from '../core/scope.js';
import { noGrad } from '../core/tape.js';
import { tensor, type Tensor } from '../core/tensor.js';
import { checkModel } from '../nn/check_model.js';
import type { Module } from '../nn/index.js';
import { inEvaluation } from '../nn/in_evaluation.js';
import { tap } from '../nn/tap.js';
import { argumentError, checkChoice, checkFloats, checkList, checkOptions, checkRank, checkTensor, isListOf, valueText } from '../ops/arguments.js';
import { div, norm, roll, slice, softmax, sub, toFloat } from '../ops/index.js';
import { targetScores, type Target } from './score.js';

export interface InvarianceOptions {
  /**
   * What is done with the images: moved down by so many pixels, enlarged about their centre by a factor, or turned about it
   * by degrees.
   */
  kind: 'translation' | 'scale' | 'rotation';
  /** By how much, one point of the curves for each. */
  values: readonly number[];
  /** Dotted names of the layers that are compared; '' is the model's output. */
  layers: readonly string[];
  /** The images' classes, for the curve of their probability. Default: none. */
  target?: Target;
  /** Makes the model's input of bytes [N,H,W,C]. Default: pixels in [0, 1]. */
  prepare?: (images: Tensor<'uint8'>) => Tensor;
}

export interface InvarianceCurves {
  values: readonly number[];
  /**
   * Of each layer by name, for each value: the mean over images of |f(moved) - f(image)| / |f(image)|, the Euclidean norms of
   * features.
   */
  distance: Record<string, number[]>;
  /** For each value, the mean probability of the images' classes; empty without `target`. */
  probability: number[];
}

/** For a place in the result, the place in the image: see {@link warp}. */
function matrixOf(kind: InvarianceOptions['kind'], value: number, height: number, width: number): readonly number[] {
  const angle = kind === 'rotation' ? (value * Math.PI) / 180 : 0, factor = kind === 'scale' ? value : 1;
  const cos = Math.cos(angle) / factor, sin = Math.sin(angle) / factor, x = width / 2, y = height / 2;
  const down = kind === 'translation' ? value : 0;
  return [cos, sin, x - cos * x - sin * y, -sin, cos, y + sin * x - cos * y - down];
}

/**
 * Invariance curves of layers, as in figure 5 of M. Zeiler, R. Fergus, "Visualizing and understanding convolutional
 * networks", arXiv:1311.2901. What moves into an image from outside has the colour of its nearest pixel.
 *
 * @param images bytes [N,H,W,C].
 * @throws ERR_ARGUMENT if a layer or a class is none of the model's, or a value makes no sense.
 */
export async function invarianceCurves(model: Module, images: Tensor<'uint8'>, options: InvarianceOptions): Promise<InvarianceCurves> {
  const who = 'invarianceCurves';
  checkModel(who, model);
  checkOptions(who, options, "{ kind: 'rotation', values: [0, 90], layers: [''] }");
  const { kind, values, layers, target, prepare = (bytes) => toFloat(bytes, { scale: 1 / 255 }) } = options;
  checkChoice(who, 'kind', kind, ['translation', 'scale', 'rotation']);
  checkList(who, 'values', values, 'numbers');
  checkList(who, 'layers', layers, 'names');
  const wrong = values.find((value) => !Number.isFinite(value) || (kind === 'scale' && value <= 0));
  if (wrong !== undefined) throw argumentError(who, `expected values of ${kind} to be finite${kind === 'scale' ? ' and above 0' : ''}, but got ${valueText(wrong)}`);
  checkTensor(who, 'images', images, 'uint8');
  checkRank(who, 'images', images, 4, '[N,H,W,C]');
  const [n = 0, height = 0, width = 0] = images.shape;

  const moved = (value: number): Tensor<'uint8'> => {
    const row = matrixOf(kind, value, height, width);
    const matrix = tensor(Float32Array.from({ length: 6 * n }, (_, i) => row[i % 6]!), { shape: [n, 6], device: images.device });
    return warp(images, matrix, { border: 'edge' });
  };
  const rows = (features: Tensor): Tensor => features.reshape([n, -1]);
  const wanted = [...new Set(target === undefined ? layers : [...layers, ''])];
  const pending = inEvaluation(model, () =>
    noGrad(() =>
      scope(() => {
        const plain = tap(model, prepare(images), wanted);
        return values.map((value) =>
          scope(() => {
            const seen = tap(model, prepare(moved(value)), wanted);
            const distances = layers.map((layer) => {
              const before = rows(plain[layer]!);
              return div(norm(sub(rows(seen[layer]!), before), { axes: [1] }), norm(before, { axes: [1] })).data(); // [N]
            });
            const probabilities = target === undefined ? [] : [targetScores(who, softmax(seen['']!), target).data()];
            return { distances, probabilities };
          }),
        );
      }),
    ),
  );
  const mean = (list: ArrayLike<number>) => Array.from(list).reduce((sum, value) => sum + value, 0) / n;
  const found = await Promise.all(pending.map(async ({ distances, probabilities }) => ({
    distances: (await Promise.all(distances)).map(mean),
    probabilities: (await Promise.all(probabilities)).map(mean),
  })));
  const distance = Object.fromEntries(layers.map((layer, i) => [layer, found.map(({ distances }) => distances[i]!)]));
  return { values, distance, probability: found.flatMap(({ probabilities }) => probabilities) };
}

export interface EquivarianceOptions {
  /** Pixels that the image moves down and to the right: multiples of the layer's stride. */
  shift: readonly [down: number, right: number];
  /** Pixels of the image for one of the layer's output. Default 1. */
  stride?: number;
  /** Places at the output's borders that are left out, where the padding is seen. Default 0. */
  margin?: number;
}

/**
 * The error of equivariance to translation, |f(shifted x) - shifted f(x)| / |f(x)| within the margin: about 0 for
 * convolutions, pooling and what acts on each place alike, if the image moves by multiples of the stride.
 *
 * @param f of images [N,H,W,C] to maps [N,P,Q,K]. A module in evaluation is `(x) => model.forward(x)`.
 * @param x [N,H,W,C]; what leaves it on one side comes in on the other, so `margin` has to cover the shift.
 * @returns the error, of all images together.
 * @throws ERR_ARGUMENT if the shift is no multiple of the stride, or nothing is left within the margin.
 */
export async function equivarianceError(f: (x: Tensor) => Tensor, x: Tensor, options: EquivarianceOptions): Promise<number> {
  const who = 'equivarianceError';
  if (typeof f !== 'function') throw argumentError(who, `expected f to be a function of images, like (x) => model.forward(x), but got ${valueText(f)}`);
  checkFloats(who, { x });
  checkOptions(who, options, '{ shift: [2, 2] }');
  const { shift, stride = 1, margin = 0 } = options;
  if (!isListOf(2, shift) || !shift.every((pixels) => Number.isInteger(pixels) && pixels % stride === 0)) {
    throw argumentError(who, `expected shift to be [down, right], multiples of the stride ${stride}, but got ${valueText(shift)}`);
  }
  const error = noGrad(() =>
    scope(() => {
      const plain = f(x), [, p = 0, q = 0] = plain.shape;
      if (plain.shape.length !== 4 || p <= 2 * margin || q <= 2 * margin) {
        throw argumentError(who, `expected maps [N,P,Q,K] larger than twice the margin ${margin}, but got ${plain.toString()}`);
      }
      const inner = (maps: Tensor): Tensor => slice(slice(maps, { axis: 1, start: margin, end: p - margin }), { axis: 2, start: margin, end: q - margin });
      const expected = inner(roll(plain, shift.map((pixels) => pixels / stride), [1, 2]));
      return div(norm(sub(inner(f(roll(x, shift, [1, 2]))), expected)), norm(expected));
    }),
  );
  const found = await error.item();
  error.dispose();
  return found;
}
