/**
 * timm's names (https://github.com/huggingface/pytorch-image-models) of networks that torchvision has too, where they
 * differ from torchvision's. ResNets, DenseNets and Inception v3 have the same names in both.
 */
import { ConvNeXt, EfficientNet, MNASNet, MobileNetV2, MobileNetV3, RegNet, SwinTransformer, torchTensors, VGG, VisionTransformer, type TorchTensor } from '../models/index.js';
import type { Module } from '../nn/index.js';

/** What stands in place of a pattern in torchvision's name; the first pattern of a list that is found counts. */
type Rule = readonly [pattern: RegExp, timm: string | ((...groups: string[]) => string)];

/** Parts of a block, which timm names by what they do. */
type Parts = Readonly<Record<string, string>>;

const expanded: Parts = { '0.0': 'conv_pw', '0.1': 'bn1', '1.0': 'conv_dw', '1.1': 'bn2' };

/** Where a block that stands at `at` in one row of all blocks is, in stages of so many blocks. */
function stageOf(at: number, counts: readonly number[]): string {
  let stage = 0, before = 0;
  while (at >= before + (counts[stage] ?? Infinity)) before += counts[stage++]!;
  return `${stage}.${at - before}`;
}

const mobileNetV2: Rule[] = [
  [/^features\.0\.0/, 'conv_stem'],
  [/^features\.0\.1/, 'bn1'],
  [/^features\.18\.0/, 'conv_head'],
  [/^features\.18\.1/, 'bn2'],
  [/^classifier\.1/, 'classifier'],
  [/^features\.(\d+)\.conv\.(\d\.\d|\d)(?=\.[a-z])/, (_, block = '', part = '') => {
    const first: Parts = { '0.0': 'conv_dw', '0.1': 'bn1', 1: 'conv_pw', 2: 'bn2' };
    const parts = block === '1' ? first : { ...expanded, 2: 'conv_pwl', 3: 'bn3' };
    return `blocks.${stageOf(Number(block) - 1, [1, 2, 3, 4, 3, 3, 1])}.${parts[part]}`;
  }],
];

/** Large and small differ in how many blocks a stage has. A block squeezes or not: what is behind moves by one. */
function mobileNetV3(names: ReadonlySet<string>): Rule[] {
  const counts = names.has('features.16.0.weight') ? [1, 2, 3, 4, 2, 3] : [1, 2, 3, 2, 3];
  return [
  [/^features\.0\.0/, 'conv_stem'],
  [/^features\.0\.1/, 'bn1'],
    [/^features\.\d+\.0(?=\.[a-z_]+$)/, `blocks.${counts.length}.0.conv`],
    [/^features\.\d+\.1(?=\.[a-z_]+$)/, `blocks.${counts.length}.0.bn1`],
    [/^classifier\.0/, 'conv_head'],
    [/^classifier\.3/, 'classifier'],
    [/^features\.(\d+)\.block\.(\d\.(?:\d|fc\d))/, (_, block = '', part = '') => {
      const first: Parts = {
        '0.0': 'conv_dw', '0.1': 'bn1', '1.fc1': 'se.conv_reduce', '1.fc2': 'se.conv_expand', '1.0': 'conv_pw', '1.1': 'bn2', '2.0': 'conv_pw', '2.1': 'bn2',
      };
      const others: Parts = {
        ...expanded, '2.fc1': 'se.conv_reduce', '2.fc2': 'se.conv_expand', '2.0': 'conv_pwl', '2.1': 'bn3', '3.0': 'conv_pwl', '3.1': 'bn3',
      };
      return `blocks.${stageOf(Number(block) - 1, counts)}.${(block === '1' ? first : others)[part]}`;
    }],
  ];
}

/** The second version's first three stages have plain convolutions, and the smallest network one stage less. */
function efficientNet(names: ReadonlySet<string>): Rule[] {
  const isFirstVersion = names.has('features.1.0.block.1.fc1.weight');
  const separable: Parts = { '0.0': 'conv_dw', '0.1': 'bn1', '1.fc1': 'se.conv_reduce', '1.fc2': 'se.conv_expand', '2.0': 'conv_pw', '2.1': 'bn2' };
  const inverted: Parts = { ...expanded, '2.fc1': 'se.conv_reduce', '2.fc2': 'se.conv_expand', '3.0': 'conv_pwl', '3.1': 'bn3' };
  const plain: Parts = { '0.0': 'conv', '0.1': 'bn1' }, fused: Parts = { '0.0': 'conv_exp', '0.1': 'bn1', '1.0': 'conv_pwl', '1.1': 'bn2' };
  const early = isFirstVersion ? [separable] : [plain, fused, fused];
  return [
    [/^features\.0\.0/, 'conv_stem'],
    [/^features\.0\.1/, 'bn1'],
    [/^features\.[78]\.0(?=\.[a-z_]+$)/, 'conv_head'],
    [/^features\.[78]\.1(?=\.[a-z_]+$)/, 'bn2'],
  [/^classifier\.1/, 'classifier'],
    [/^features\.(\d)\.(\d+)\.block\.(\d\.(?:\d|fc\d))/, (_, at = '', block = '', part = '') => {
      const stage = Number(at) - 1;
      return `blocks.${stage}.${block}.${(early[stage] ?? inverted)[part]}`;
  }],
];
}

const mnasNet: Rule[] = [
  [/^layers\.(0|1|3|4|6|7|14|15)(?=\.[a-z])/, (_, layer = '') => {
    const names: Parts = {
      0: 'conv_stem', 1: 'bn1', 3: 'blocks.0.0.conv_dw', 4: 'blocks.0.0.bn1', 6: 'blocks.0.0.conv_pw', 7: 'blocks.0.0.bn2', 14: 'conv_head', 15: 'bn2',
    };
    return names[layer]!;
  }],
  [/^layers\.(\d+)\.(\d+)\.layers\.(\d)/, (_, stage = '', block = '', part = '') => {
    const parts: Parts = { 0: 'conv_pw', 1: 'bn1', 3: 'conv_dw', 4: 'bn2', 6: 'conv_pwl', 7: 'bn3' };
    return `blocks.${Number(stage) - 7}.${block}.${parts[part]}`;
  }],
  [/^classifier\.1/, 'classifier'],
];

const convNeXt: Rule[] = [
  [/^features\.0/, 'stem'],
  [/^features\.(\d)\.(\d+)\.layer_scale/, (_, at = '', block = '') => `stages.${(Number(at) - 1) / 2}.blocks.${block}.gamma`],
  [/^features\.(\d)\.(\d+)\.block\.(\d)/, (_, at = '', block = '', part = '') => {
    const parts: Parts = { 0: 'conv_dw', 2: 'norm', 3: 'mlp.fc1', 5: 'mlp.fc2' };
    return `stages.${(Number(at) - 1) / 2}.blocks.${block}.${parts[part]}`;
  }],
  [/^features\.(\d)\.(\d)/, (_, at = '', part = '') => `stages.${Number(at) / 2}.downsample.${part}`],
  [/^classifier\.0/, 'head.norm'],
  [/^classifier\.2/, 'head.fc'],
];

const visionTransformer: Rule[] = [
  [/^class_token/, 'cls_token'],
  [/^encoder\.pos_embedding/, 'pos_embed'],
  [/^conv_proj/, 'patch_embed.proj'],
  [/^encoder\.ln/, 'norm'],
  [/^heads\.head/, 'head'],
  [/^encoder\.layers\.encoder_layer_(\d+)\.(ln_1|self_attention\.in_proj_|self_attention\.out_proj|ln_2|mlp\.0|mlp\.3)/, (_, block = '', part = '') => {
    const parts: Parts = {
      ln_1: 'norm1', 'self_attention.in_proj_': 'attn.qkv.', 'self_attention.out_proj': 'attn.proj', ln_2: 'norm2', 'mlp.0': 'mlp.fc1', 'mlp.3': 'mlp.fc2',
    };
    return `blocks.${block}.${parts[part]}`;
  }],
];

const swinTransformer: Rule[] = [
  [/^features\.0\.0/, 'patch_embed.proj'],
  [/^features\.0\.2/, 'patch_embed.norm'],
  [/^features\.(\d)\.(reduction|norm)/, (_, at = '', part = '') => `layers.${Number(at) / 2}.downsample.${part}`],
  [/^features\.(\d)\.(\d+)\.(mlp\.[03])?/, (_, at = '', block = '', part = '') => {
    const parts: Parts = { 'mlp.0': 'mlp.fc1', 'mlp.3': 'mlp.fc2' };
    return `layers.${(Number(at) - 1) / 2}.blocks.${block}.${parts[part] ?? ''}`;
  }],
  [/^head/, 'head.fc'],
];

const regNet: Rule[] = [
  [/^stem\.0/, 'stem.conv'],
  [/^stem\.1/, 'stem.bn'],
  [/^trunk_output\.block\d\.block(\d)-(\d+)\.(?:proj|f\.([abc]))\.([01])/, (_, stage = '', block = '', conv = '', part = '') => {
    const convs: Parts = { a: 'conv1', b: 'conv2', c: 'conv3' };
    return `s${stage}.b${Number(block) + 1}.${convs[conv] ?? 'downsample'}.${part === '0' ? 'conv' : 'bn'}`;
  }],
  [/^trunk_output\.block\d\.block(\d)-(\d+)\.f\.se/, (_, stage = '', block = '') => `s${stage}.b${Number(block) + 1}.se`],
  [/^fc/, 'head.fc'],
];

const vgg: Rule[] = [
  [/^classifier\.0/, 'pre_logits.fc1'],
  [/^classifier\.3/, 'pre_logits.fc2'],
  [/^classifier\.6/, 'head.fc'],
];

/** Rules of a family of networks, which may depend on the names that a network has. */
const families: [family: abstract new (...args: never[]) => Module, rules: Rule[] | ((names: ReadonlySet<string>) => Rule[])][] = [
  [MobileNetV2, mobileNetV2], [MobileNetV3, mobileNetV3], [EfficientNet, efficientNet], [MNASNet, mnasNet], [ConvNeXt, convNeXt],
  [VisionTransformer, visionTransformer], [SwinTransformer, swinTransformer], [RegNet, regNet], [VGG, vgg],
];

function renamed(name: string, rules: readonly Rule[]): string {
  for (const [pattern, timm] of rules) {
    if (pattern.test(name)) return typeof timm === 'string' ? name.replace(pattern, timm) : name.replace(pattern, timm);
  }
  return name;
}

/** timm has some linear layers as 1 × 1 convolutions, or over whole images, and factors as vectors: the same numbers in the same order. */
function shapeIn(name: string, { shape }: TorchTensor): TorchTensor['shape'] {
  if (name.endsWith('.gamma')) return shape.slice(0, 1);
  const [k = 0, elements = 0] = shape;
  if (name === 'pre_logits.fc1.weight') return [k, elements / 49, 7, 7];
  return name === 'pre_logits.fc2.weight' || name === 'conv_head.weight' ? [k, elements, 1, 1] : shape;
}

/** A model's parameters and buffers as timm has them: those of {@link torchTensors}, by timm's names where it has others. */
export function timmTensors(model: Module): TorchTensor[] {
  const tensors = torchTensors(model), found = families.find(([family]) => model instanceof family)?.[1] ?? [];
  const rules = typeof found === 'function' ? found(new Set(tensors.map(({ name }) => name))) : found;
  return tensors.map((tensor) => {
    const name = renamed(tensor.name, rules);
    return { ...tensor, name, shape: shapeIn(name, tensor) };
  });
}
