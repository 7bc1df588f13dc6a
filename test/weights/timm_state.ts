/** Networks as timm lays them out: names and shapes of their state dicts, written down from timm's own definitions. */

/** Names with shapes as torch has them. */
export type TimmState = [name: string, shape: number[]][];

const conv = (name: string, k: number, c: number, side: number): TimmState => [[`${name}.weight`, [k, c, side, side]]];
const affine = (name: string, k: number): TimmState => [[`${name}.weight`, [k]], [`${name}.bias`, [k]]];
const linear = (name: string, k: number, c: number): TimmState => [[`${name}.weight`, [k, c]], [`${name}.bias`, [k]]];
const biased = (name: string, k: number, c: number, side: number): TimmState => [...conv(name, k, c, side), [`${name}.bias`, [k]]];
const norm = (name: string, k: number): TimmState => [
  ...affine(name, k), [`${name}.running_mean`, [k]], [`${name}.running_var`, [k]], [`${name}.num_batches_tracked`, []],
];

/** A whole multiple of 8 that is not below 0.9 of the value, as timm's make_divisible has it. */
function divisible(value: number): number {
  const rounded = Math.max(8, Math.floor((value + 4) / 8) * 8);
  return rounded < 0.9 * value ? rounded + 8 : rounded;
}

/** The blocks of timm's _efficientnet_blocks.py: depthwise separable, inverted residual, edge residual, convolution. */
type Block = 'ds' | 'ir' | 'er' | 'cn';

/** Numbers of a decoder string like ir_r2_k3_s2_e4.5_c24_se0.25, by their letters. */
function decoded(text: string): { block: Block; of: (letter: string) => number } {
  const [block, ...parts] = text.split('_');
  const numbers = new Map(parts.map((part) => [part.replace(/[\d.]+$/, ''), Number(/[\d.]+$/.exec(part)?.[0])]));
  return { block: block as Block, of: (letter) => numbers.get(letter) ?? 0 };
}

/** What the networks differ in besides their blocks. */
interface Mobile {
  stem: number;
  /** Of the layer in front of the classifier. */
  head: number;
  /** MobileNetV3: channels inside of the squeeze are a part of the expanded ones, and the head is behind the pooling. */
  v3?: boolean;
}

/** A network of timm's EfficientNetBuilder, from the decoder strings of its stages. */
function mobile({ stem, head, v3 = false }: Mobile, stages: readonly (readonly string[])[]): TimmState {
  let width = stem;
  const blocks = stages.flatMap((strings, s) =>
    strings.flatMap((text) => Array.from({ length: decoded(text).of('r') }, () => decoded(text))).flatMap(({ block, of }, b): TimmState => {
      const name = `blocks.${s}.${b}`, from = width, side = of('k'), expansion = block === 'ir' || block === 'er' ? of('e') : 1;
      const inner = divisible(from * expansion), reduced = v3 ? divisible(inner * of('se')) : Math.round((inner * of('se')) / expansion);
      width = of('c');
      const squeeze: TimmState = of('se') > 0 ? [...biased(`${name}.se.conv_reduce`, reduced, inner, 1), ...biased(`${name}.se.conv_expand`, inner, reduced, 1)] : [];
      switch (block) {
        case 'ds':
          return [...conv(`${name}.conv_dw`, from, 1, side), ...norm(`${name}.bn1`, from), ...squeeze, ...conv(`${name}.conv_pw`, width, from, 1), ...norm(`${name}.bn2`, width)];
        case 'ir':
          return [
            ...conv(`${name}.conv_pw`, inner, from, 1), ...norm(`${name}.bn1`, inner), ...conv(`${name}.conv_dw`, inner, 1, side), ...norm(`${name}.bn2`, inner),
            ...squeeze, ...conv(`${name}.conv_pwl`, width, inner, 1), ...norm(`${name}.bn3`, width),
          ];
        case 'er':
          return [...conv(`${name}.conv_exp`, inner, from, side), ...norm(`${name}.bn1`, inner), ...conv(`${name}.conv_pwl`, width, inner, 1), ...norm(`${name}.bn2`, width)];
        case 'cn':
          return [...conv(`${name}.conv`, width, from, side), ...norm(`${name}.bn1`, width)];
      }
    }),
  );
  const end = v3 ? biased('conv_head', head, width, 1) : [...conv('conv_head', head, width, 1), ...norm('bn2', head)];
  return [...conv('conv_stem', stem, 3, 3), ...norm('bn1', stem), ...blocks, ...end, ...linear('classifier', 1000, head)];
}

export const mobilenetv2_100 = (): TimmState =>
  mobile({ stem: 32, head: 1280 }, [
    ['ds_r1_k3_s1_c16'], ['ir_r2_k3_s2_e6_c24'], ['ir_r3_k3_s2_e6_c32'], ['ir_r4_k3_s2_e6_c64'], ['ir_r3_k3_s1_e6_c96'], ['ir_r3_k3_s2_e6_c160'],
    ['ir_r1_k3_s1_e6_c320'],
  ]);

export const mobilenetv3_large_100 = (): TimmState =>
  mobile({ stem: 16, head: 1280, v3: true }, [
    ['ds_r1_k3_s1_e1_c16_nre'], ['ir_r1_k3_s2_e4_c24_nre', 'ir_r1_k3_s1_e3_c24_nre'], ['ir_r3_k5_s2_e3_c40_se0.25_nre'],
    ['ir_r1_k3_s2_e6_c80', 'ir_r1_k3_s1_e2.5_c80', 'ir_r2_k3_s1_e2.3_c80'], ['ir_r2_k3_s1_e6_c112_se0.25'], ['ir_r3_k5_s2_e6_c160_se0.25'],
    ['cn_r1_k1_s1_c960'],
  ]);

export const mobilenetv3_small_100 = (): TimmState =>
  mobile({ stem: 16, head: 1024, v3: true }, [
    ['ds_r1_k3_s2_e1_c16_se0.25_nre'], ['ir_r1_k3_s2_e4.5_c24_nre', 'ir_r1_k3_s1_e3.67_c24_nre'], ['ir_r1_k5_s2_e4_c40_se0.25', 'ir_r2_k5_s1_e6_c40_se0.25'],
    ['ir_r2_k5_s1_e3_c48_se0.25'], ['ir_r3_k5_s2_e6_c96_se0.25'], ['cn_r1_k1_s1_c576'],
  ]);

export const efficientnet_b0 = (): TimmState =>
  mobile({ stem: 32, head: 1280 }, [
    ['ds_r1_k3_s1_e1_c16_se0.25'], ['ir_r2_k3_s2_e6_c24_se0.25'], ['ir_r2_k5_s2_e6_c40_se0.25'], ['ir_r3_k3_s2_e6_c80_se0.25'],
    ['ir_r3_k5_s1_e6_c112_se0.25'], ['ir_r4_k5_s2_e6_c192_se0.25'], ['ir_r1_k3_s1_e6_c320_se0.25'],
  ]);

export const efficientnetv2_s = (): TimmState =>
  mobile({ stem: 24, head: 1280 }, [
    ['cn_r2_k3_s1_e1_c24_skip'], ['er_r4_k3_s2_e4_c48'], ['er_r4_k3_s2_e4_c64'], ['ir_r6_k3_s2_e4_c128_se0.25'], ['ir_r9_k3_s1_e6_c160_se0.25'],
    ['ir_r15_k3_s2_e6_c256_se0.25'],
  ]);

export const efficientnetv2_m = (): TimmState =>
  mobile({ stem: 24, head: 1280 }, [
    ['cn_r3_k3_s1_e1_c24_skip'], ['er_r5_k3_s2_e4_c48'], ['er_r5_k3_s2_e4_c80'], ['ir_r7_k3_s2_e4_c160_se0.25'], ['ir_r14_k3_s1_e6_c176_se0.25'],
    ['ir_r18_k3_s2_e6_c304_se0.25'], ['ir_r5_k3_s1_e6_c512_se0.25'],
  ]);

/** mnasnet_b1 with half of its channels. */
export const mnasnet_050 = (): TimmState =>
  mobile({ stem: 16, head: 1280 }, [
    ['ds_r1_k3_s1_c8_noskip'], ['ir_r3_k3_s2_e3_c16'], ['ir_r3_k5_s2_e3_c24'], ['ir_r3_k5_s2_e6_c40'], ['ir_r2_k3_s1_e6_c48'], ['ir_r4_k5_s2_e6_c96'],
    ['ir_r1_k3_s1_e6_c160_noskip'],
  ]);

export function convnext_tiny(): TimmState {
  const widths = [96, 192, 384, 768], depths = [3, 3, 9, 3];
  const stages = widths.flatMap((width, s): TimmState => {
    const name = `stages.${s}`, from = widths[s - 1];
    const down: TimmState = from ? [...affine(`${name}.downsample.0`, from), ...biased(`${name}.downsample.1`, width, from, 2)] : [];
    const blocks = Array.from({ length: depths[s]! }, (_, b): TimmState => {
      const block = `${name}.blocks.${b}`;
      return [
        [`${block}.gamma`, [width]], ...biased(`${block}.conv_dw`, width, 1, 7), ...affine(`${block}.norm`, width),
        ...linear(`${block}.mlp.fc1`, 4 * width, width), ...linear(`${block}.mlp.fc2`, width, 4 * width),
      ];
    });
    return [...down, ...blocks.flat()];
  });
  return [...biased('stem.0', 96, 3, 4), ...affine('stem.1', 96), ...stages, ...affine('head.norm', 768), ...linear('head.fc', 1000, 768)];
}

/** A block of vit and swin, but for attention's own tables. */
function attentionBlock(name: string, width: number, tables: TimmState = []): TimmState {
  return [
    ...affine(`${name}.norm1`, width), ...tables, ...linear(`${name}.attn.qkv`, 3 * width, width), ...linear(`${name}.attn.proj`, width, width),
    ...affine(`${name}.norm2`, width), ...linear(`${name}.mlp.fc1`, 4 * width, width), ...linear(`${name}.mlp.fc2`, width, 4 * width),
  ];
}

export function vit_base_patch16_224(): TimmState {
  const blocks = Array.from({ length: 12 }, (_, b) => attentionBlock(`blocks.${b}`, 768));
  return [['cls_token', [1, 1, 768]], ['pos_embed', [1, 197, 768]], ...biased('patch_embed.proj', 768, 3, 16), ...blocks.flat(), ...affine('norm', 768), ...linear('head', 1000, 768)];
}

export function swin_tiny_patch4_window7_224(): TimmState {
  const depths = [2, 2, 6, 2];
  const layers = depths.flatMap((depth, s): TimmState => {
    const name = `layers.${s}`, width = 96 * 2 ** s;
    const down: TimmState = s > 0 ? [...affine(`${name}.downsample.norm`, 2 * width), [`${name}.downsample.reduction.weight`, [width, 2 * width]]] : [];
    const blocks = Array.from({ length: depth }, (_, b) => {
      const block = `${name}.blocks.${b}`;
      return attentionBlock(block, width, [[`${block}.attn.relative_position_bias_table`, [169, 3 * 2 ** s]]]);
    });
    return [...down, ...blocks.flat()];
  });
  return [...biased('patch_embed.proj', 96, 3, 4), ...affine('patch_embed.norm', 96), ...layers, ...affine('norm', 768), ...linear('head.fc', 1000, 768)];
}

/** The widths, depths and width of groups that regnet.py generates for regnety_004. */
export function regnety_004(): TimmState {
  const widths = [48, 104, 208, 440], depths = [1, 3, 6, 6], convNorm = (name: string, k: number, c: number, side: number) => [...conv(`${name}.conv`, k, c, side), ...norm(`${name}.bn`, k)];
  let from = 32;
  const stages = widths.flatMap((width, s) =>
    Array.from({ length: depths[s]! }, (_, b): TimmState => {
      const name = `s${s + 1}.b${b + 1}`, before = from, reduced = Math.round(before * 0.25);
      from = width;
      return [
        ...convNorm(`${name}.conv1`, width, before, 1), ...convNorm(`${name}.conv2`, width, 8, 3), ...biased(`${name}.se.fc1`, reduced, width, 1), ...biased(`${name}.se.fc2`, width, reduced, 1),
        ...convNorm(`${name}.conv3`, width, width, 1), ...(b === 0 ? convNorm(`${name}.downsample`, width, before, 1) : []),
      ];
    }).flat(),
  );
  return [...convNorm('stem', 32, 3, 3), ...stages, ...linear('head.fc', 1000, 440)];
}

export function vgg11(): TimmState {
  const rows = [[0, 64, 3], [3, 128, 64], [6, 256, 128], [8, 256, 256], [11, 512, 256], [13, 512, 512], [16, 512, 512], [18, 512, 512]] as const;
  return [
    ...rows.flatMap(([at, k, c]) => biased(`features.${at}`, k, c, 3)),
    ...biased('pre_logits.fc1', 4096, 512, 7), ...biased('pre_logits.fc2', 4096, 4096, 1), ...linear('head.fc', 1000, 4096),
  ];
}
