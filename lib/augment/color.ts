/** Colours: brightness, contrast, saturation, hue, and functions of levels. */
import { colorFunctions, run, type ColorFunction } from '../core/run.js';
import { scope } from '../core/scope.js';
import { tensor, type Tensor } from '../core/tensor.js';
import { argumentError, checkChoice, checkNumber } from '../ops/arguments.js';
import { checkImages, checkProbability, checkRange } from './arguments.js';
import type { ChanceOptions, Transform } from './transform.js';

/** A function of colours with its amount; those without one ignore it. */
export interface Recoloring {
  function: ColorFunction;
  amount?: number;
}

/** Functions and amounts on the device, [N,steps] each. */
interface Drawn {
  function: Tensor<'int32'>;
  amount: Tensor;
}

/** Each image under `steps` functions of its own. @internal */
export function recolorAs(images: Tensor<'uint8'>, drawn: Drawn, steps: number): Tensor<'uint8'> {
  const { n, h, w, c } = checkImages('recolor', images);
  return run('recolor', { x: images, ...drawn }, { n, h, w, c, steps }, { y: images.shape }).y;
}

/**
 * Each image under a function of its own, as torchvision has them: `brightness`, `contrast` and `saturation` multiply by an
 * amount of at least 0, `hue` turns by a share of a circle, `posterize` keeps so many bits, `solarize` inverts from a level
 * on, `sharpness` blends with a blur; `grayscale`, `invert`, `autocontrast`, `equalize` and `identity` take no amount.
 * Saturation, hue and grayscale leave images alone that have not three channels.
 *
 * @param images uint8 [N,H,W,C].
 * @param recolorings one for each image.
 * @returns uint8 [N,H,W,C].
 * @throws ERR_ARGUMENT if there are not as many as images, or one is not known.
 */
export function recolor(images: Tensor<'uint8'>, recolorings: readonly Recoloring[]): Tensor<'uint8'> {
  const { n } = checkImages('recolor', images);
  if (recolorings.length !== n) throw argumentError('recolor', `expected ${n} recolorings, one for each image, but got ${recolorings.length}`);
  for (const { function: name, amount = 0 } of recolorings) {
    checkChoice('recolor', 'function', name, Object.keys(colorFunctions));
    checkNumber('recolor', 'amount', amount, -Infinity, Infinity);
  }
  return scope(() => {
    const { device } = images, shape = [n, 1];
    const function_ = tensor(Int32Array.from(recolorings, (one) => colorFunctions[one.function]), { shape, device });
    const amount = tensor(Float32Array.from(recolorings, (one) => one.amount ?? 0), { shape, device });
    return recolorAs(images, { function: function_, amount }, 1);
  });
}

export interface ColorJitterOptions {
  /** A factor from 1 - brightness, but at least 0, to 1 + brightness; or its range. Default 0. */
  brightness?: number | readonly [number, number];
  /** Likewise. */
  contrast?: number | readonly [number, number];
  /** Likewise. */
  saturation?: number | readonly [number, number];
  /** A share of a circle from -hue to hue, at most 1/2; or its range. Default 0. */
  hue?: number | readonly [number, number];
}

/** Changes brightness, contrast, saturation and hue, in an order of chance. */
export function colorJitter({ brightness = 0, contrast = 0, saturation = 0, hue = 0 }: ColorJitterOptions): Transform {
  const factors = (name: string, value: number | readonly [number, number]): readonly [number, number] => {
    if (typeof value === 'number') checkNumber('colorJitter', name, value, 0, Infinity, true);
    const range = typeof value === 'number' ? ([Math.max(0, 1 - value), 1 + value] as const) : value;
    checkRange('colorJitter', name, range, 0, 1e6);
    return range;
  };
  const [brightnessLow, brightnessHigh] = factors('brightness', brightness);
  const [contrastLow, contrastHigh] = factors('contrast', contrast);
  const [saturationLow, saturationHigh] = factors('saturation', saturation);
  const [hueLow, hueHigh] = typeof hue === 'number' ? [-hue, hue] : hue;
  checkRange('colorJitter', 'hue', [hueLow, hueHigh], -0.5, 0.5);
  const ranges = { brightnessLow, brightnessHigh, contrastLow, contrastHigh, saturationLow, saturationHigh, hueLow, hueHigh };
  return (images, random) => {
    const { n } = checkImages('colorJitter', images, random);
    return scope(() => recolorAs(images, run('draw_color_jitter', { random }, { n, ...ranges }, { function: [n, 4], amount: [n, 4] }), 4));
  };
}

/** One function for all images, or for some by chance. */
function byChance(who: string, name: ColorFunction, probability: number, [low, high]: readonly [number, number] = [0, 0]): Transform {
  checkProbability(who, probability);
  return (images, random) => {
    const { n } = checkImages(who, images, random);
    return scope(() => {
      const drawn = run('draw_color', { random }, { n, function: name, low, high, probability }, { function: [n, 1], amount: [n, 1] });
      return recolorAs(images, drawn, 1);
    });
  };
}

export interface GrayscaleOptions {
  /** Of each image. Default 0.1. */
  probability?: number;
}

/** Makes all three channels the luma of ITU-R BT.601. */
export function grayscale({ probability = 0.1 }: GrayscaleOptions = {}): Transform {
  return byChance('grayscale', 'grayscale', probability);
}

/** Turns each byte into 255 minus itself. */
export function invert({ probability = 0.5 }: ChanceOptions = {}): Transform {
  return byChance('invert', 'invert', probability);
}

export interface PosterizeOptions extends ChanceOptions {
  /** From 1 to 8. */
  bits: number;
}

/** Keeps the highest bits of each byte. */
export function posterize({ bits, probability = 0.5 }: PosterizeOptions): Transform {
  if (!Number.isInteger(bits) || bits < 1 || bits > 8) throw argumentError('posterize', `expected bits to be a whole number from 1 to 8, but got ${bits}`);
  return byChance('posterize', 'posterize', probability, [bits, bits]);
}

export interface SolarizeOptions extends ChanceOptions {
  /** From 0 to 256. Default 128. */
  threshold?: number;
}

/** Inverts bytes from a threshold on. */
export function solarize({ threshold = 128, probability = 0.5 }: SolarizeOptions = {}): Transform {
  checkNumber('solarize', 'threshold', threshold, 0, 256);
  return byChance('solarize', 'solarize', probability, [threshold, threshold]);
}

/** Stretches the levels of each channel to the whole range. */
export function autocontrast({ probability = 0.5 }: ChanceOptions = {}): Transform {
  return byChance('autocontrast', 'autocontrast', probability);
}

/** Spreads the levels of each channel so that each is about as frequent. */
export function equalize({ probability = 0.5 }: ChanceOptions = {}): Transform {
  return byChance('equalize', 'equalize', probability);
}

export interface SharpnessOptions extends ChanceOptions {
  /** Of the amount: 0 is the blur, 1 the image, and more is sharper. */
  range: readonly [number, number];
}

/** Blends images with a blur. */
export function sharpness({ range, probability = 0.5 }: SharpnessOptions): Transform {
  checkRange('sharpness', 'range', range, 0, 1e6);
  return byChance('sharpness', 'sharpness', probability, range);
}
