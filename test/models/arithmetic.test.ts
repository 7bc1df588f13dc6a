/** Multiply-adds of networks for one image, or clip, against figures that others publish. */
import { afterEach, describe, expect, test } from 'vitest';

import { device } from '../../lib/core/device.js';
import { createModel, modelInfo, modelNames, type ModelName } from '../../lib/models/index.js';
import { multiplyAdds } from '../../lib/nn/index.js';

const cpu = device('cpu');

afterEach(() => cpu.releaseCachedMemory());

type Figures = Partial<Record<ModelName, number>>;

/** torchvision runs the auxiliary head of segmentation in evaluation too: 3 × 3 to a quarter of the channels and 1 × 1 to 21 classes, at 65 × 65 places. */
const auxiliaryHead = (channels: number): number => (65 ** 2 * ((9 * channels ** 2) / 4 + (21 * channels) / 4)) / 1e9;

/** In 10⁹, as torchvision 0.15 and newer has them with its weights (`_ops`); to three places. */
const torchvision: Figures = {
  alexnet: 0.714, convnext_base: 15.355, convnext_large: 34.361, convnext_small: 8.684, convnext_tiny: 4.456,
  deeplabv3_mobilenet_v3_large: 10.452 - auxiliaryHead(40), deeplabv3_resnet50: 178.722 - auxiliaryHead(1024), densenet121: 2.834, densenet161: 7.728, densenet169: 3.36,
  densenet201: 4.291, efficientnet_b0: 0.386, efficientnet_b1: 0.687, efficientnet_b2: 1.088, efficientnet_b3: 1.827,
  efficientnet_b4: 4.394, efficientnet_b5: 10.266, efficientnet_b6: 19.068, efficientnet_b7: 37.746, efficientnet_v2_l: 56.08,
  efficientnet_v2_m: 24.582, efficientnet_v2_s: 8.366, fcn_resnet50: 152.717 - auxiliaryHead(1024), googlenet: 1.498, inception_v3: 5.713,
  lraspp_mobilenet_v3_large: 2.086, maxvit_t: 5.558, mc3_18: 43.343, mnasnet0_5: 0.104, mnasnet0_75: 0.215, mnasnet1_0: 0.314,
  mnasnet1_3: 0.526, mobilenet_v2: 0.301, mobilenet_v3_large: 0.217, mobilenet_v3_small: 0.057, r2plus1d_18: 40.519, r3d_18: 40.697,
  regnet_x_16gf: 15.941, regnet_x_1_6gf: 1.603, regnet_x_32gf: 31.736, regnet_x_3_2gf: 3.177, regnet_x_400mf: 0.414,
  regnet_x_800mf: 0.8, regnet_x_8gf: 7.995, regnet_y_128gf: 127.518, regnet_y_16gf: 15.912, regnet_y_1_6gf: 1.612, regnet_y_32gf: 32.28,
  regnet_y_3_2gf: 3.176, regnet_y_400mf: 0.402, regnet_y_800mf: 0.834, regnet_y_8gf: 8.473, resnet101: 7.801, resnet152: 11.514,
  resnet18: 1.814, resnet34: 3.664, resnet50: 4.089, resnext101_32x8d: 16.414, resnext101_64x4d: 15.46, resnext50_32x4d: 4.23,
  s3d: 17.979, shufflenet_v2_x0_5: 0.04, shufflenet_v2_x1_0: 0.145, shufflenet_v2_x1_5: 0.296, shufflenet_v2_x2_0: 0.583,
  squeezenet1_0: 0.819, squeezenet1_1: 0.349, swin_b: 15.431, swin_s: 8.741, swin_t: 4.491, swin_v2_b: 20.325, swin_v2_s: 11.546,
  swin_v2_t: 5.94, vgg11: 7.609, vgg11_bn: 7.609, vgg13: 11.308, vgg13_bn: 11.308, vgg16: 15.47, vgg16_bn: 15.47, vgg19: 19.632,
  vgg19_bn: 19.632, vit_b_16: 17.564, vit_b_32: 4.409, vit_h_14: 167.295, vit_l_16: 61.555, vit_l_32: 15.378, wide_resnet101_2: 22.753,
  wide_resnet50_2: 11.398,
};

/** In 10⁹, by hand. */
const byHand: Figures = {
  // 784 * 6 * 25, 100 * 16 * 150, 120 * 400, 84 * 120, 10 * 84.
  lenet5: 416_520e-9,
  // 785 * 300 and so on, without biases.
  mlp: 266_200e-9,
  // 784 * 16 * 9, 196 * 32 * 144, 49 * 64 * 288, 640.
  smallnet: 1_919_872e-9,
  // 60² * 8 * 75, 12² * 256 * 128, 2560.
  visual_words: 6_881_152e-9,
  // Their convolutions and classifier are those of ResNet.
  bit_r50x1: 4.089,
  bit_r101x1: 7.801,
};

/**
 * In 10⁹, to 2 %: the papers' own figures of networks that were found by search and of MobileNet, V. Sze et al. (arXiv:1703.09039)
 * for the first AlexNet, PaddleClas for DenseNet-264, timm's benchmark-infer tables for EfficientNet-L2, SE-ResNet-34 and -152, and
 * pytorchcv for the others, which counts normalisation and pooling, too (SE-ResNet-50b and -101b have their stride where ours have it).
 */
const papers: Figures = {
  alexnet_grouped: 0.724, amoebanet_a: 23.1, densenet264: 5.82, efficientnet_l2: 172.11, inception_resnet_v2: 13.18864, inception_v4: 12.30493,
  mobilenet_v1: 0.569, nasnet_a_large: 23.8, nasnet_a_mobile: 0.564, nin: 0.22297, pnasnet5_large: 25.0, polynet: 34.82134,
  se_resnet18: 1.82088, se_resnet34: 3.67, se_resnet50: 4.11578, se_resnet101: 7.83975, se_resnet152: 11.57, se_resnext101_32x4d: 8.00826,
  se_resnext50_32x4d: 4.2584, senet154: 20.74578, xception: 8.40363, zfnet: 1.17033,
};

/**
 * In 10⁹, to 3 %: timm's benchmark-infer table, and its card of resnetv2_101x3_bit.goog_in21k, which has 21,843 classes. It counts the
 * standardisation of the weights, too.
 */
const standardized: Figures = { bit_r152x2: 46.95, bit_r101x3: 71.4 - (6144 * (21_843 - 1000)) / 1e9 };

/** Images and clips of the figures, where they differ from those of the paper. */
const images: { [N in ModelName]?: readonly number[] } = { efficientnet_b2: [288, 288, 3], efficientnet_l2: [475, 475, 3], s3d: [16, 224, 224, 3] };

/** What takes seconds and more is run where CONVOLT_TEST_LARGE is set. */
const most = process.env['CONVOLT_TEST_LARGE'] === undefined ? 2 : Infinity;

const sources = [['torchvision', torchvision, 6e-4, 0], ['by hand', byHand, 6e-4, 0], ['papers', papers, 0, 0.02], ['timm', standardized, 0, 0.03]] as const;

describe('multiply-adds', () => {
  const cases = sources.flatMap(([source, figures, absolute, relative]) =>
    (Object.keys(figures) as ModelName[]).map((name) => ({ name, source, figure: figures[name]!, tolerance: absolute + relative * figures[name]! })),
  );
  test.each(cases.filter(({ figure }) => figure < most))('$name, of $source', ({ name, figure, tolerance }) => {
    using model = createModel(name, { device: cpu, initialize: false });
    const found = multiplyAdds(model, [1, ...(images[name] ?? modelInfo(name).input)]) / 1e9;
    expect(Math.abs(found - figure), `${found}`).toBeLessThan(tolerance);
  });
});

test('each network has a figure, but for one that none is known of', () => {
  const known = { ...torchvision, ...byHand, ...papers, ...standardized };
  expect(modelNames.filter((name) => !(name in known))).toEqual(['bit_r50x3']);
});
