/** Deterministic functions against torchvision's, whose results torchvision_expected.py has written down. */
import { describe, expect, test } from 'vitest';

import { blur, recolor, resize, warp, type Recoloring } from '../../lib/augment/index.js';
import { tensor, type Tensor } from '../../lib/core/tensor.js';
import { randomState } from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';
import { inverseAffine } from './affine_reference.js';
import { batchOf, difference, HEIGHT, WIDTH, type ImageKind } from './images.js';
import expected from './torchvision.json' with { type: 'json' };

interface Arguments {
  amount?: number;
  kernel?: number;
  sigma?: number;
  interpolation?: string;
  fill?: number;
  angle?: number;
  translate?: number[];
  scale?: number;
  shear?: number[];
  size?: number[];
}

interface Case {
  name: string;
  image: string;
  arguments: Arguments;
  shape: number[];
  expected: string;
}

/** A case on images of which the first is another one: neighbours must not matter. */
function apply(name: string, images: Tensor<'uint8'>, args: Arguments, device: string): Tensor<'uint8'> {
  switch (name) {
    case 'blur':
      return blur(images, tensor([1, args.sigma!], { device }), { kernel: args.kernel! });
    case 'affine': {
      const matrix = inverseAffine(args.angle!, args.translate as [number, number], args.scale!, args.shear as [number, number], [HEIGHT, WIDTH]);
      const other = [1, 0, 1, 0, 1, 0];
      return warp(images, tensor([...other, ...matrix], { shape: [2, 6], device }), { interpolation: args.interpolation as 'nearest', fill: args.fill ?? 0 });
    }
    case 'resize':
      return resize({ size: args.size as [number, number] })(images, randomState(0, device));
    default:
      return recolor(images, [{ function: 'invert' }, { function: name as Recoloring['function'], ...('amount' in args && { amount: args.amount }) }]);
  }
}

/**
 * What may differ: one step of a byte, where a result that is rounded or cut off lies between two. Functions that are cut
 * off after the same float32 arithmetic as torchvision's do not differ at all.
 */
const mayDiffer: Readonly<Record<string, number>> = { hue: 0.1, blur: 0.02, affine: 0.02, resize: 0.03 };

describe.each(testDevices)('augmentation on %s', (device) => {
  const cases = (expected.cases as Case[]).map((one) => ({ ...one, title: `${one.name} of ${one.image} ${JSON.stringify(one.arguments)}` }));
  test.each(cases)('$title', async ({ name, image, arguments: args, shape, expected: wanted }) => {
    const kind = image as ImageKind;
    const made = apply(name, batchOf([kind, kind], device), args, device);
    expect(made.shape).toEqual([2, ...shape]);
    const data = await made.data(), second = data.subarray(data.length / 2);
    const { most, share } = difference(second, Buffer.from(wanted, 'base64'));
    expect(most).toBeLessThanOrEqual(name in mayDiffer ? 1 : 0);
    expect(share).toBeLessThanOrEqual(mayDiffer[name] ?? 0);
  });
});
