/** The models that can be made by name. */
import { didYouMean } from '../core/did_you_mean.js';
import type { Shape } from '../core/shape.js';
import type { Module } from '../nn/index.js';
import { argumentError, checkOptions, valueText } from '../ops/arguments.js';
import { alexnet, alexnet_grouped } from './alexnet.js';
import { bit_r101x1, bit_r101x3, bit_r152x2, bit_r50x1, bit_r50x3 } from './bit.js';
import { convnext_base, convnext_large, convnext_small, convnext_tiny } from './convnext.js';
import { densenet121, densenet161, densenet169, densenet201, densenet264 } from './densenet.js';
import {
  efficientnet_b0, efficientnet_b1, efficientnet_b2, efficientnet_b3, efficientnet_b4, efficientnet_b5,
  efficientnet_b6, efficientnet_b7, efficientnet_l2, efficientnet_v2_l, efficientnet_v2_m, efficientnet_v2_s,
} from './efficientnet.js';
import { googlenet } from './googlenet.js';
import { inception_v3 } from './inception_v3.js';
import { inception_resnet_v2, inception_v4 } from './inception_v4.js';
import { lenet5 } from './lenet5.js';
import { maxvit_t } from './maxvit.js';
import { mlp } from './mlp.js';
import { mnasnet0_5, mnasnet0_75, mnasnet1_0, mnasnet1_3 } from './mnasnet.js';
import { mobilenet_v1 } from './mobilenet_v1.js';
import { mobilenet_v2 } from './mobilenet_v2.js';
import { mobilenet_v3_large, mobilenet_v3_small } from './mobilenet_v3.js';
import { amoebanet_a, nasnet_a_large, nasnet_a_mobile, pnasnet5_large } from './nasnet.js';
import { nin } from './nin.js';
import type { ModelOptions } from './options.js';
import { polynet } from './polynet.js';
import {
  regnet_x_16gf, regnet_x_1_6gf, regnet_x_32gf, regnet_x_3_2gf, regnet_x_400mf, regnet_x_800mf, regnet_x_8gf,
  regnet_y_128gf, regnet_y_16gf, regnet_y_1_6gf, regnet_y_32gf, regnet_y_3_2gf, regnet_y_400mf, regnet_y_800mf,
  regnet_y_8gf,
} from './regnet.js';
import {
  resnet101, resnet152, resnet18, resnet34, resnet50, resnext101_32x8d, resnext101_64x4d, resnext50_32x4d,
  wide_resnet101_2, wide_resnet50_2,
} from './resnet.js';
import { s3d } from './s3d.js';
import {
  se_resnet101, se_resnet152, se_resnet18, se_resnet34, se_resnet50, se_resnext101_32x4d, se_resnext50_32x4d,
  senet154,
} from './se_resnet.js';
import {
  deeplabv3_mobilenet_v3_large, deeplabv3_resnet50, fcn_resnet50, lraspp_mobilenet_v3_large,
} from './segmentation.js';
import { shufflenet_v2_x0_5, shufflenet_v2_x1_0, shufflenet_v2_x1_5, shufflenet_v2_x2_0 } from './shufflenet_v2.js';
import { smallnet } from './smallnet.js';
import { squeezenet1_0, squeezenet1_1 } from './squeezenet.js';
import { swin_b, swin_s, swin_t, swin_v2_b, swin_v2_s, swin_v2_t } from './swin_transformer.js';
import { vgg11, vgg11_bn, vgg13, vgg13_bn, vgg16, vgg16_bn, vgg19, vgg19_bn } from './vgg.js';
import { mc3_18, r2plus1d_18, r3d_18 } from './video_resnet.js';
import { vit_b_16, vit_b_32, vit_h_14, vit_l_16, vit_l_32 } from './vision_transformer.js';
import { visual_words } from './visual_words.js';
import { xception } from './xception.js';
import { zfnet } from './zfnet.js';

/** What is known of a model before it is made. */
export interface ModelEntry {
  create: (options?: ModelOptions) => Module;
  /** The image that the model was published for, [H,W,C], or [D,H,W,C] for a clip. */
  input: Shape;
  /** Where it was published. */
  paper: string;
}

/** Models of one paper for one size of image. */
function published<M extends Record<string, ModelEntry['create']>>(
  paper: string,
  input: Shape,
  models: M,
): { [K in keyof M]: ModelEntry } {
  const entries = Object.entries(models).map(([name, create]) => [name, { create, input, paper }] as const);
  return Object.fromEntries(entries) as { [K in keyof M]: ModelEntry };
}

const registry = {
  ...published('LeCun et al. 1998', [28, 28, 1], { lenet5 }),
  ...published('of our own', [28, 28, 1], { smallnet }),
  ...published('LeCun et al. 1998', [28, 28, 1], { mlp }),
  ...published('Csurka et al. 2004', [64, 64, 3], { visual_words }),
  ...published('arXiv:1404.5997', [224, 224, 3], { alexnet }),
  ...published('Krizhevsky et al. 2012', [227, 227, 3], { alexnet_grouped }),
  ...published('arXiv:1311.2901', [224, 224, 3], { zfnet }),
  ...published('arXiv:1409.1556', [224, 224, 3], {
    vgg11, vgg13, vgg16, vgg19, vgg11_bn, vgg13_bn, vgg16_bn, vgg19_bn,
  }),
  ...published('arXiv:1312.4400', [32, 32, 3], { nin }),
  ...published('arXiv:1409.4842', [224, 224, 3], { googlenet }),
  ...published('arXiv:1512.00567', [299, 299, 3], { inception_v3 }),
  ...published('arXiv:1602.07261', [299, 299, 3], { inception_v4, inception_resnet_v2 }),
  ...published('arXiv:1610.02357', [299, 299, 3], { xception }),
  ...published('arXiv:1611.05725', [331, 331, 3], { polynet }),
  ...published('arXiv:1512.03385', [224, 224, 3], { resnet18, resnet34, resnet50, resnet101, resnet152 }),
  ...published('arXiv:1605.07146', [224, 224, 3], { wide_resnet50_2, wide_resnet101_2 }),
  ...published('arXiv:1611.05431', [224, 224, 3], { resnext50_32x4d, resnext101_32x8d, resnext101_64x4d }),
  ...published('arXiv:1709.01507', [224, 224, 3], {
    se_resnet18, se_resnet34, se_resnet50, se_resnet101, se_resnet152, se_resnext50_32x4d, se_resnext101_32x4d,
    senet154,
  }),
  ...published('arXiv:1912.11370', [224, 224, 3], { bit_r50x1, bit_r50x3, bit_r101x1, bit_r101x3, bit_r152x2 }),
  ...published('arXiv:1608.06993', [224, 224, 3], { densenet121, densenet161, densenet169, densenet201, densenet264 }),
  ...published('arXiv:1602.07360', [224, 224, 3], { squeezenet1_0, squeezenet1_1 }),
  ...published('arXiv:1704.04861', [224, 224, 3], { mobilenet_v1 }),
  ...published('arXiv:1801.04381', [224, 224, 3], { mobilenet_v2 }),
  ...published('arXiv:1905.02244', [224, 224, 3], { mobilenet_v3_large, mobilenet_v3_small }),
  ...published('arXiv:1807.11164', [224, 224, 3], {
    shufflenet_v2_x0_5, shufflenet_v2_x1_0, shufflenet_v2_x1_5, shufflenet_v2_x2_0,
  }),
  ...published('arXiv:1807.11626', [224, 224, 3], { mnasnet0_5, mnasnet0_75, mnasnet1_0, mnasnet1_3 }),
  ...published('arXiv:1707.07012', [224, 224, 3], { nasnet_a_mobile }),
  ...published('arXiv:1707.07012', [331, 331, 3], { nasnet_a_large }),
  ...published('arXiv:1712.00559', [331, 331, 3], { pnasnet5_large }),
  ...published('arXiv:1802.01548', [331, 331, 3], { amoebanet_a }),
  ...published('arXiv:1905.11946', [224, 224, 3], { efficientnet_b0 }),
  ...published('arXiv:1905.11946', [240, 240, 3], { efficientnet_b1 }),
  ...published('arXiv:1905.11946', [260, 260, 3], { efficientnet_b2 }),
  ...published('arXiv:1905.11946', [300, 300, 3], { efficientnet_b3 }),
  ...published('arXiv:1905.11946', [380, 380, 3], { efficientnet_b4 }),
  ...published('arXiv:1905.11946', [456, 456, 3], { efficientnet_b5 }),
  ...published('arXiv:1905.11946', [528, 528, 3], { efficientnet_b6 }),
  ...published('arXiv:1905.11946', [600, 600, 3], { efficientnet_b7 }),
  ...published('arXiv:1911.04252', [800, 800, 3], { efficientnet_l2 }),
  ...published('arXiv:2104.00298', [384, 384, 3], { efficientnet_v2_s }),
  ...published('arXiv:2104.00298', [480, 480, 3], { efficientnet_v2_m, efficientnet_v2_l }),
  ...published('arXiv:2003.13678', [224, 224, 3], {
    regnet_x_400mf, regnet_x_800mf, regnet_x_1_6gf, regnet_x_3_2gf, regnet_x_8gf, regnet_x_16gf, regnet_x_32gf,
    regnet_y_400mf, regnet_y_800mf, regnet_y_1_6gf, regnet_y_3_2gf, regnet_y_8gf, regnet_y_16gf, regnet_y_32gf,
    regnet_y_128gf,
  }),
  ...published('arXiv:2201.03545', [224, 224, 3], { convnext_tiny, convnext_small, convnext_base, convnext_large }),
  ...published('arXiv:2010.11929', [224, 224, 3], { vit_b_16, vit_b_32, vit_l_16, vit_l_32, vit_h_14 }),
  ...published('arXiv:2103.14030', [224, 224, 3], { swin_t, swin_s, swin_b }),
  ...published('arXiv:2111.09883', [256, 256, 3], { swin_v2_t, swin_v2_s, swin_v2_b }),
  ...published('arXiv:2204.01697', [224, 224, 3], { maxvit_t }),
  ...published('arXiv:1411.4038', [520, 520, 3], { fcn_resnet50 }),
  ...published('arXiv:1706.05587', [520, 520, 3], { deeplabv3_resnet50, deeplabv3_mobilenet_v3_large }),
  ...published('arXiv:1905.02244', [520, 520, 3], { lraspp_mobilenet_v3_large }),
  ...published('arXiv:1711.11248', [16, 112, 112, 3], { r3d_18, mc3_18, r2plus1d_18 }),
  ...published('arXiv:1712.04851', [64, 224, 224, 3], { s3d }),
} satisfies Record<string, ModelEntry>;

export const modelNames = Object.keys(registry) as (keyof typeof registry)[];

export type ModelName = (typeof modelNames)[number];

/** Whether there is a model of that name. */
export function isModelName(name: string): name is ModelName {
  return Object.hasOwn(registry, name);
}

/**
 * Checks a model's name.
 *
 * @throws ERR_ARGUMENT if there is no such model; the message names the one that was probably meant, or lists them.
 */
export function modelName(name: string): ModelName {
  if (isModelName(name)) return name;
  if (typeof name !== 'string') throw argumentError('model', `expected the name of a model, like resnet50, but got ${valueText(name)}`);
  const hint = didYouMean(name, modelNames), expected = hint === '' ? `one of ${modelNames.join(', ')}` : 'the name of a model';
  throw argumentError('model', `expected ${expected}, but got "${name}"${hint}`);
}

/** The image that a model was published for, and where. @throws ERR_ARGUMENT if there is no such model. */
export function modelInfo(name: ModelName): Readonly<Pick<ModelEntry, 'input' | 'paper'>> {
  const { input, paper } = registry[modelName(name)];
  return { input, paper };
}

/** Makes a model with fresh parameters. @throws ERR_ARGUMENT if there is no such model. */
export function createModel(name: ModelName, options: ModelOptions = {}): Module {
  const { create } = registry[modelName(name)];
  checkOptions('createModel', options);
  return create(options);
}
