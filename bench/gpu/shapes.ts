/**
 * The convolutions that the benchmark measures. Those of a network are all that are distinct in it, at the image for which
 * it was published; test/bench/shapes.test.ts holds them against the networks of lib/models.
 */
import { clip, depthwise, depthwiseLine, elements, image, shapeName, type ConvShape } from './conv_shape.js';

/** Convolutions of whole networks, by their names in lib/models, in the order in which they run. */
export const networks = {
  resnet50: [
    image(224, 3, 64, 7, { stride: 2 }),
    image(56, 64, 256, 1), image(56, 64, 64, 1), image(56, 64, 64, 3), image(56, 256, 64, 1),
    image(56, 256, 512, 1, { stride: 2 }), image(56, 256, 128, 1), image(56, 128, 128, 3, { stride: 2 }),
    image(28, 128, 512, 1), image(28, 512, 128, 1), image(28, 128, 128, 3), image(28, 512, 1024, 1, { stride: 2 }),
    image(28, 512, 256, 1), image(28, 256, 256, 3, { stride: 2 }),
    image(14, 256, 1024, 1), image(14, 1024, 256, 1), image(14, 256, 256, 3), image(14, 1024, 2048, 1, { stride: 2 }),
    image(14, 1024, 512, 1), image(14, 512, 512, 3, { stride: 2 }),
    image(7, 512, 2048, 1), image(7, 2048, 512, 1), image(7, 512, 512, 3),
  ],
  mobilenet_v2: [
    image(224, 3, 32, 3, { stride: 2 }),
    depthwise(112, 32, 3), image(112, 32, 16, 1), image(112, 16, 96, 1), depthwise(112, 96, 3, { stride: 2 }),
    image(56, 96, 24, 1), image(56, 24, 144, 1), depthwise(56, 144, 3), image(56, 144, 24, 1),
    depthwise(56, 144, 3, { stride: 2 }),
    image(28, 144, 32, 1), image(28, 32, 192, 1), depthwise(28, 192, 3), image(28, 192, 32, 1),
    depthwise(28, 192, 3, { stride: 2 }),
    image(14, 192, 64, 1), image(14, 64, 384, 1), depthwise(14, 384, 3), image(14, 384, 64, 1), image(14, 384, 96, 1),
    image(14, 96, 576, 1), depthwise(14, 576, 3), image(14, 576, 96, 1), depthwise(14, 576, 3, { stride: 2 }),
    image(7, 576, 160, 1), image(7, 160, 960, 1), depthwise(7, 960, 3), image(7, 960, 160, 1), image(7, 960, 320, 1),
    image(7, 320, 1280, 1),
  ],
  efficientnet_b0: [
    image(224, 3, 32, 3, { stride: 2 }),
    depthwise(112, 32, 3), image(1, 32, 8, 1), image(1, 8, 32, 1), image(112, 32, 16, 1), image(112, 16, 96, 1),
    depthwise(112, 96, 3, { stride: 2 }), image(1, 96, 4, 1), image(1, 4, 96, 1), image(56, 96, 24, 1),
    image(56, 24, 144, 1), depthwise(56, 144, 3), image(1, 144, 6, 1), image(1, 6, 144, 1), image(56, 144, 24, 1),
    depthwise(56, 144, 5, { stride: 2 }),
    image(28, 144, 40, 1), image(28, 40, 240, 1), depthwise(28, 240, 5), image(1, 240, 10, 1), image(1, 10, 240, 1),
    image(28, 240, 40, 1), depthwise(28, 240, 3, { stride: 2 }),
    image(14, 240, 80, 1), image(14, 80, 480, 1), depthwise(14, 480, 3), image(1, 480, 20, 1), image(1, 20, 480, 1),
    image(14, 480, 80, 1), depthwise(14, 480, 5), image(14, 480, 112, 1), image(14, 112, 672, 1),
    depthwise(14, 672, 5), image(1, 672, 28, 1), image(1, 28, 672, 1), image(14, 672, 112, 1),
    depthwise(14, 672, 5, { stride: 2 }),
    image(7, 672, 192, 1), image(7, 192, 1152, 1), depthwise(7, 1152, 5), image(1, 1152, 48, 1),
    image(1, 48, 1152, 1), image(7, 1152, 192, 1), depthwise(7, 1152, 3), image(7, 1152, 320, 1),
    image(7, 320, 1280, 1),
  ],
  vgg16: [
    image(224, 3, 64, 3), image(224, 64, 64, 3),
    image(112, 64, 128, 3), image(112, 128, 128, 3),
    image(56, 128, 256, 3), image(56, 256, 256, 3),
    image(28, 256, 512, 3), image(28, 512, 512, 3),
    image(14, 512, 512, 3),
  ],
  googlenet: [
    image(224, 3, 64, 7, { stride: 2 }),
    image(56, 64, 64, 1), image(56, 64, 192, 3),
    image(28, 192, 64, 1), image(28, 192, 96, 1), image(28, 96, 128, 3), image(28, 192, 16, 1), image(28, 16, 32, 3),
    image(28, 192, 32, 1), image(28, 256, 128, 1), image(28, 128, 192, 3), image(28, 256, 32, 1),
    image(28, 32, 96, 3), image(28, 256, 64, 1),
    image(14, 480, 192, 1), image(14, 480, 96, 1), image(14, 96, 208, 3), image(14, 480, 16, 1), image(14, 16, 48, 3),
    image(14, 480, 64, 1), image(14, 512, 160, 1), image(14, 512, 112, 1), image(14, 112, 224, 3),
    image(14, 512, 24, 1), image(14, 24, 64, 3), image(14, 512, 64, 1), image(14, 512, 128, 1),
    image(14, 128, 256, 3), image(14, 512, 144, 1), image(14, 144, 288, 3), image(14, 512, 32, 1),
    image(14, 32, 64, 3), image(14, 528, 256, 1), image(14, 528, 160, 1), image(14, 160, 320, 3),
    image(14, 528, 32, 1), image(14, 32, 128, 3), image(14, 528, 128, 1),
    image(7, 832, 256, 1), image(7, 832, 160, 1), image(7, 160, 320, 3), image(7, 832, 32, 1), image(7, 32, 128, 3),
    image(7, 832, 128, 1), image(7, 832, 384, 1), image(7, 832, 192, 1), image(7, 192, 384, 3), image(7, 832, 48, 1),
    image(7, 48, 128, 3),
  ],
  resnext50_32x4d: [
    image(224, 3, 64, 7, { stride: 2 }),
    image(56, 64, 256, 1), image(56, 64, 128, 1), image(56, 128, 128, 3, { groups: 32 }), image(56, 128, 256, 1),
    image(56, 256, 128, 1), image(56, 256, 512, 1, { stride: 2 }), image(56, 256, 256, 1),
    image(56, 256, 256, 3, { stride: 2, groups: 32 }),
    image(28, 256, 512, 1), image(28, 512, 256, 1), image(28, 256, 256, 3, { groups: 32 }),
    image(28, 512, 1024, 1, { stride: 2 }), image(28, 512, 512, 1), image(28, 512, 512, 3, { stride: 2, groups: 32 }),
    image(14, 512, 1024, 1), image(14, 1024, 512, 1), image(14, 512, 512, 3, { groups: 32 }),
    image(14, 1024, 2048, 1, { stride: 2 }), image(14, 1024, 1024, 1),
    image(14, 1024, 1024, 3, { stride: 2, groups: 32 }),
    image(7, 1024, 2048, 1), image(7, 2048, 1024, 1), image(7, 1024, 1024, 3, { groups: 32 }),
  ],
  lenet5: [image(28, 1, 6, 5), image(14, 6, 16, 5, { padding: 0 })],
  smallnet: [image(28, 1, 16, 3), image(14, 16, 32, 3), image(7, 32, 64, 3)],
} satisfies Record<string, readonly ConvShape[]>;

/** J. Carreira, A. Zisserman, arXiv:1705.07750: GoogLeNet with cubes for squares, and the frames that are left at each extent. */
const framesAt: Readonly<Record<number, number>> = { 224: 64, 56: 32, 28: 32, 14: 16, 7: 8 };
const inflated = networks.googlenet.map(({ extent, c, k, kernel, stride }) =>
  clip(framesAt[extent[2]]!, extent[2], c, k, kernel[2], { stride: stride[2] }),
);

/** Convolutions of parts of networks, and such as are rare in networks. */
export const others = {
  /** Of deeplabv3_resnet50 at 520 x 520: five views of the last image, and what joins them. L.-C. Chen et al., arXiv:1706.05587. */
  'deeplab head': [
    image(65, 2048, 256, 1), image(65, 2048, 256, 3, { dilation: 12 }), image(65, 2048, 256, 3, { dilation: 24 }),
    image(65, 2048, 256, 3, { dilation: 36 }), image(1, 2048, 256, 1), image(65, 1280, 256, 1), image(65, 256, 256, 3),
  ],
  i3d: inflated,
  /** Transposed: the input gradient is what runs forward. O. Ronneberger et al., arXiv:1505.04597, figure 1. */
  'unet transposed': [
    image(56, 512, 1024, 2, { stride: 2, padding: 0 }), image(104, 256, 512, 2, { stride: 2, padding: 0 }),
    image(200, 128, 256, 2, { stride: 2, padding: 0 }), image(392, 64, 128, 2, { stride: 2, padding: 0 }),
  ],
  /** Of convnext_tiny. Z. Liu et al., arXiv:2201.03545. */
  'depthwise 7x7': [depthwise(56, 96, 7), depthwise(28, 192, 7), depthwise(14, 384, 7), depthwise(7, 768, 7)],
  /** Of RepLKNet-31B. X. Ding et al., arXiv:2203.06717. */
  'depthwise 31x31': [depthwise(56, 128, 31), depthwise(28, 256, 29), depthwise(14, 512, 27), depthwise(7, 1024, 13)],
  /** Causal, of Mamba-130M (A. Gu, T. Dao, arXiv:2312.00752), and of Conformer-L (A. Gulati et al., arXiv:2005.08100). */
  'depthwise 1-D': [depthwiseLine(2048, 1536, 4, { padding: [3, 0] }), depthwiseLine(1024, 512, 31)],
  /** First convolutions: AlexNet, ConvNeXt, ViT-B/16, a residual network for CIFAR. */
  stems: [
    image(224, 3, 64, 11, { stride: 4, padding: 2 }), image(224, 3, 96, 4, { stride: 4, padding: 0 }),
    image(224, 3, 768, 16, { stride: 16, padding: 0 }), image(32, 3, 64, 3),
  ],
} satisfies Record<string, readonly ConvShape[]>;

export const batches = [256, 32, 1] as const;

export interface ConvCase {
  /** Like `resnet50 3x3 64>64 @56x56 batch 256`. */
  name: string;
  shape: ConvShape;
  batch: number;
}

/** Beyond this, an element's place does not fit into 32 bits. */
const mostElements = 2 ** 31 - 1;

/**
 * Every convolution once with each batch that its tensors have room for: large batches first, and in turns from each
 * network, so that whoever stops early has measured some of all.
 */
export function convCases(): ConvCase[] {
  const sets = Object.entries({ ...networks, ...others });
  const longest = Math.max(...sets.map(([, shapes]) => shapes.length));
  const turns = Array.from({ length: longest }, (_, i) => sets.flatMap(([of, shapes]) => (i < shapes.length ? [{ of, shape: shapes[i]! }] : [])));
  const distinct = new Map(turns.flat().map(({ of, shape }) => [JSON.stringify(shape), { name: `${of} ${shapeName(shape)}`, shape }] as const).reverse());
  const all = [...distinct.values()].reverse();
  return batches.flatMap((batch) =>
    all
      .filter(({ shape }) => Math.max(...Object.values(elements(shape, batch))) <= mostElements)
      .map(({ name, shape }) => ({ name: `${name} batch ${batch}`, shape, batch })),
  );
}
