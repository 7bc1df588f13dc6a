/** Networks as timm lays them out: names and shapes of their state dicts, written down from timm's own definitions. */

/** Names with shapes as torch has them. */
export type TimmState = [name: string, shape: number[]][];

const conv = (name: string, k: number, c: number, side: number): TimmState => [[`${name}.weight`, [k, c, side, side]]];
const affine = (name: string, k: number): TimmState => [[`${name}.weight`, [k]], [`${name}.bias`, [k]]];
const linear = (name: string, k: number, c: number): TimmState => [[`${name}.weight`, [k, c]], [`${name}.bias`, [k]]];
const biased = (name: string, k: number, c: number, side: number): TimmState => [
  ...conv(name, k, c, side),
  [`${name}.bias`, [k]],
];
const norm = (name: string, k: number): TimmState => [
  ...affine(name, k), [`${name}.running_mean`, [k]], [`${name}.running_var`, [k]], [`${name}.num_batches_tracked`, []],
];

/** A stage of inverted residuals, as the decoder strings of timm's efficientnet.py say it: ir_r2_k3_e6_c24. */
interface Stage {
  blocks: number;
  side: number;
  /** 1 stands for the depthwise separable block, without an expansion. */
  expansion: number;
  channels: number;
}

function mobile(stem: number, head: number, stages: readonly Stage[], squeezes: boolean): TimmState {
  let width = stem;
  const blocks = stages.flatMap(({ blocks, side, expansion, channels }, s) =>
    Array.from({ length: blocks }, (_, b): TimmState => {
      const name = `blocks.${s}.${b}`,
        from = width,
        inner = expansion * from,
        reduced = Math.max(1, Math.floor(from * 0.25));
      width = channels;
      const squeeze: TimmState = squeezes
        ? [
            ...biased(`${name}.se.conv_reduce`, reduced, inner, 1),
            ...biased(`${name}.se.conv_expand`, inner, reduced, 1),
          ]
        : [];
      return expansion === 1
        ? [
            ...conv(`${name}.conv_dw`, from, 1, side),
            ...norm(`${name}.bn1`, from),
            ...squeeze,
            ...conv(`${name}.conv_pw`, channels, from, 1),
            ...norm(`${name}.bn2`, channels),
          ]
        : [
            ...conv(`${name}.conv_pw`, inner, from, 1),
            ...norm(`${name}.bn1`, inner),
            ...conv(`${name}.conv_dw`, inner, 1, side),
            ...norm(`${name}.bn2`, inner),
            ...squeeze,
            ...conv(`${name}.conv_pwl`, channels, inner, 1),
            ...norm(`${name}.bn3`, channels),
          ];
    }).flat(),
  );
  return [
    ...conv('conv_stem', stem, 3, 3),
    ...norm('bn1', stem),
    ...blocks,
    ...conv('conv_head', head, width, 1),
    ...norm('bn2', head),
    ...linear('classifier', 1000, head),
  ];
}

const stagesOf = (rows: readonly (readonly [number, number, number, number])[]): Stage[] =>
  rows.map(([blocks, side, expansion, channels]) => ({ blocks, side, expansion, channels }));

export const mobilenetv2_100 = (): TimmState =>
  mobile(
    32,
    1280,
    stagesOf([
      [1, 3, 1, 16],
      [2, 3, 6, 24],
      [3, 3, 6, 32],
      [4, 3, 6, 64],
      [3, 3, 6, 96],
      [3, 3, 6, 160],
      [1, 3, 6, 320],
    ]),
    false,
  );

export const efficientnet_b0 = (): TimmState =>
  mobile(
    32,
    1280,
    stagesOf([
      [1, 3, 1, 16],
      [2, 3, 6, 24],
      [2, 5, 6, 40],
      [3, 3, 6, 80],
      [3, 5, 6, 112],
      [4, 5, 6, 192],
      [1, 3, 6, 320],
    ]),
    true,
  );

export const mnasnet_050 = (): TimmState =>
  mobile(
    16,
    1280,
    stagesOf([
      [1, 3, 1, 8],
      [3, 3, 3, 16],
      [3, 5, 3, 24],
      [3, 5, 6, 40],
      [2, 3, 6, 48],
      [4, 5, 6, 96],
      [1, 3, 6, 160],
    ]),
    false,
  );

export function convnext_tiny(): TimmState {
  const widths = [96, 192, 384, 768], depths = [3, 3, 9, 3];
  const stages = widths.flatMap((width, s): TimmState => {
    const name = `stages.${s}`, from = widths[s - 1];
    const down: TimmState = from
      ? [...affine(`${name}.downsample.0`, from), ...biased(`${name}.downsample.1`, width, from, 2)]
      : [];
    const blocks = Array.from({ length: depths[s]! }, (_, b): TimmState => {
      const block = `${name}.blocks.${b}`;
      return [
        [`${block}.gamma`, [width]], ...biased(`${block}.conv_dw`, width, 1, 7), ...affine(`${block}.norm`, width),
        ...linear(`${block}.mlp.fc1`, 4 * width, width), ...linear(`${block}.mlp.fc2`, width, 4 * width),
      ];
    });
    return [...down, ...blocks.flat()];
  });
  return [
    ...biased('stem.0', 96, 3, 4),
    ...affine('stem.1', 96),
    ...stages,
    ...affine('head.norm', 768),
    ...linear('head.fc', 1000, 768),
  ];
}

/** A block of vit and swin, but for attention's own tables. */
function attentionBlock(name: string, width: number, tables: TimmState = []): TimmState {
  return [
    ...affine(`${name}.norm1`, width),
    ...tables,
    ...linear(`${name}.attn.qkv`, 3 * width, width),
    ...linear(`${name}.attn.proj`, width, width),
    ...affine(`${name}.norm2`, width),
    ...linear(`${name}.mlp.fc1`, 4 * width, width),
    ...linear(`${name}.mlp.fc2`, width, 4 * width),
  ];
}

export function vit_base_patch16_224(): TimmState {
  const blocks = Array.from({ length: 12 }, (_, b) => attentionBlock(`blocks.${b}`, 768));
  return [
    ['cls_token', [1, 1, 768]],
    ['pos_embed', [1, 197, 768]],
    ...biased('patch_embed.proj', 768, 3, 16),
    ...blocks.flat(),
    ...affine('norm', 768),
    ...linear('head', 1000, 768),
  ];
}

export function swin_tiny_patch4_window7_224(): TimmState {
  const depths = [2, 2, 6, 2];
  const layers = depths.flatMap((depth, s): TimmState => {
    const name = `layers.${s}`, width = 96 * 2 ** s;
    const down: TimmState =
      s > 0
        ? [...affine(`${name}.downsample.norm`, 2 * width), [`${name}.downsample.reduction.weight`, [width, 2 * width]]]
        : [];
    const blocks = Array.from({ length: depth }, (_, b) => {
      const block = `${name}.blocks.${b}`;
      return attentionBlock(block, width, [[`${block}.attn.relative_position_bias_table`, [169, 3 * 2 ** s]]]);
    });
    return [...down, ...blocks.flat()];
  });
  return [
    ...biased('patch_embed.proj', 96, 3, 4),
    ...affine('patch_embed.norm', 96),
    ...layers,
    ...affine('norm', 768),
    ...linear('head.fc', 1000, 768),
  ];
}

/** The widths, depths and width of groups that regnet.py generates for regnety_004. */
export function regnety_004(): TimmState {
  const widths = [48, 104, 208, 440],
    depths = [1, 3, 6, 6],
    convNorm = (name: string, k: number, c: number, side: number) => [
      ...conv(`${name}.conv`, k, c, side),
      ...norm(`${name}.bn`, k),
    ];
  let from = 32;
  const stages = widths.flatMap((width, s) =>
    Array.from({ length: depths[s]! }, (_, b): TimmState => {
      const name = `s${s + 1}.b${b + 1}`, before = from, reduced = Math.round(before * 0.25);
      from = width;
      return [
        ...convNorm(`${name}.conv1`, width, before, 1),
        ...convNorm(`${name}.conv2`, width, 8, 3),
        ...biased(`${name}.se.fc1`, reduced, width, 1),
        ...biased(`${name}.se.fc2`, width, reduced, 1),
        ...convNorm(`${name}.conv3`, width, width, 1),
        ...(b === 0 ? convNorm(`${name}.downsample`, width, before, 1) : []),
      ];
    }).flat(),
  );
  return [...convNorm('stem', 32, 3, 3), ...stages, ...linear('head.fc', 1000, 440)];
}

export function vgg11(): TimmState {
  const rows = [
    [0, 64, 3],
    [3, 128, 64],
    [6, 256, 128],
    [8, 256, 256],
    [11, 512, 256],
    [13, 512, 512],
    [16, 512, 512],
    [18, 512, 512],
  ] as const;
  return [
    ...rows.flatMap(([at, k, c]) => biased(`features.${at}`, k, c, 3)),
    ...biased('pre_logits.fc1', 4096, 512, 7),
    ...biased('pre_logits.fc2', 4096, 4096, 1),
    ...linear('head.fc', 1000, 4096),
  ];
}
