/**
 * Networks of cells that were found by search: NASNet-A, PNASNet-5 and AmoebaNet-A.
 *
 * B. Zoph, V. Vasudevan, J. Shlens, Q. Le, "Learning transferable architectures for scalable image recognition",
 * arXiv:1707.07012, figure 4; C. Liu et al., "Progressive neural architecture search", arXiv:1712.00559, figure 1; E. Real,
 * A. Aggarwal, Y. Huang, Q. Le, "Regularized evolution for image classifier architecture search", arXiv:1802.01548, figure 5.
 */
import type { Tensor } from '../core/tensor.js';
import {
  AvgPool2d, BatchNorm2d, Conv2d, Dropout, GlobalAvgPool2d, Linear, MaxPool2d, Module, ReLU, SeparableConv2d,
  Sequential, type ModuleOptions,
} from '../nn/index.js';
import { add, concat, pad, relu, slice } from '../ops/index.js';
import { ConvNorm } from './conv_norm.js';
import type { ModelOptions } from './options.js';

/** What is done to a state of a cell. 'same' leaves it, or brings it to the shape that is asked for. */
export type CellOperation = 'sep3' | 'sep5' | 'sep7' | '1x7_7x1' | 'max3' | 'avg3' | 'same';

/** A state of a cell: its current input, its previous one, or the sum that one of its pairs gave. */
export type CellState = 'current' | 'previous' | number;

export type CellStep = readonly [operation: CellOperation, of: CellState];

/** A cell: pairs of steps whose results are added, and which states are put side by side at its end. */
export interface CellPlan {
  pairs: readonly (readonly [CellStep, CellStep])[];
  output: readonly CellState[];
}

const nasnetNormal: CellPlan = {
  pairs: [
    [['sep5', 'current'], ['sep3', 'previous']],
    [['sep5', 'previous'], ['sep3', 'previous']],
    [['avg3', 'current'], ['same', 'previous']],
    [['avg3', 'previous'], ['avg3', 'previous']],
    [['sep3', 'current'], ['same', 'current']],
  ],
  output: ['previous', 0, 1, 2, 3, 4],
};

const nasnetReduction: CellPlan = {
  pairs: [
    [['sep5', 'current'], ['sep7', 'previous']],
    [['max3', 'current'], ['sep7', 'previous']],
    [['avg3', 'current'], ['sep5', 'previous']],
    [['avg3', 0], ['same', 1]],
    [['sep3', 0], ['max3', 'current']],
  ],
  output: [1, 2, 3, 4],
};

/** PNASNet has one cell for both. */
const pnasnet: CellPlan = {
  pairs: [
    [['sep5', 'previous'], ['max3', 'previous']],
    [['sep7', 'current'], ['max3', 'current']],
    [['sep5', 'current'], ['sep3', 'current']],
    [['sep3', 2], ['max3', 'current']],
    [['sep3', 'previous'], ['same', 'current']],
  ],
  output: [0, 1, 2, 3, 4],
};

const amoebanetNormal: CellPlan = {
  pairs: [
    [['avg3', 'current'], ['max3', 'current']],
    [['sep3', 'previous'], ['same', 'previous']],
    [['same', 'current'], ['avg3', 'previous']],
    [['sep3', 'current'], ['sep5', 0]],
    [['avg3', 3], ['sep3', 'current']],
  ],
  output: ['previous', 1, 2, 4],
};

const amoebanetReduction: CellPlan = {
  pairs: [
    [['sep3', 'previous'], ['avg3', 'current']],
    [['max3', 'current'], ['sep7', 0]],
    [['max3', 'previous'], ['max3', 'current']],
    [['sep3', 2], ['1x7_7x1', 'current']],
    [['avg3', 'previous'], ['sep7', 'current']],
  ],
  output: [0, 1, 2, 3, 4],
};

const norm = { eps: 1e-3 };

/** ReLU, a 1 × 1 convolution and its normalisation. */
const pointwise = (inChannels: number, outChannels: number, stride: number, options: ModuleOptions) =>
  new Sequential(
    new ReLU(),
    new ConvNorm(inChannels, outChannels, 1, { stride, activation: 'none', ...norm, ...options }),
  );

/** Twice ReLU, a separable convolution and its normalisation. */
function separable(
  inChannels: number,
  outChannels: number,
  kernel: number,
  stride: number,
  options: ModuleOptions,
): Module {
  const convolution = { padding: (kernel - 1) / 2, bias: false, ...options };
  return new Sequential(
    new ReLU(),
    new SeparableConv2d(inChannels, outChannels, kernel, { stride, ...convolution }),
    new BatchNorm2d(outChannels, { activation: 'relu', ...norm, ...options }),
    new SeparableConv2d(outChannels, outChannels, kernel, convolution),
    new BatchNorm2d(outChannels, { ...norm, ...options }),
  );
}

/** Convolutions over a row and a column, in a quarter of the channels, each behind a ReLU and with its normalisation. */
function rowAndColumn(inChannels: number, outChannels: number, stride: number, options: ModuleOptions): Module {
  const inner = Math.floor(outChannels / 4);
  return new Sequential(
    new ReLU(),
    new ConvNorm(inChannels, inner, 1, { ...norm, ...options }),
    new ConvNorm(inner, inner, [1, 7], { stride: [1, stride], ...norm, ...options }),
    new ConvNorm(inner, inner, [7, 1], { stride: [stride, 1], ...norm, ...options }),
    new ConvNorm(inner, outChannels, 1, { activation: 'none', ...norm, ...options }),
  );
}

/** The layer of an operation; null if it leaves its input as it is. */
function operation(
  kind: CellOperation,
  inChannels: number,
  outChannels: number,
  stride: number,
  options: ModuleOptions,
): Module | null {
  const pool = { stride, padding: 1 };
  switch (kind) {
    case 'sep3':
    case 'sep5':
    case 'sep7':
      return separable(inChannels, outChannels, Number(kind.at(-1)), stride, options);
    case '1x7_7x1':
      return rowAndColumn(inChannels, outChannels, stride, options);
    case 'max3':
    case 'avg3': {
      const pooling = kind === 'max3' ? new MaxPool2d(3, pool) : new AvgPool2d(3, { ...pool, countPadding: false });
      if (inChannels === outChannels) return pooling;
      return new Sequential(
        pooling,
        new ConvNorm(inChannels, outChannels, 1, { activation: 'none', ...norm, ...options }),
      );
    }
    case 'same':
      return stride === 1 && inChannels === outChannels ? null : pointwise(inChannels, outChannels, stride, options);
  }
}

/** Half of the extents: two 1 × 1 convolutions at stride 2, of the image and of the image moved by one place. */
class FactorizedReduction extends Module {
  readonly straight: Conv2d;
  readonly moved: Conv2d;
  readonly bn: BatchNorm2d;

  constructor(inChannels: number, outChannels: number, options: ModuleOptions) {
    super();
    const convolution = { stride: 2, bias: false, ...options },
      half = Math.floor(outChannels / 2);
    this.straight = new Conv2d(inChannels, half, 1, convolution);
    this.moved = new Conv2d(inChannels, outChannels - half, 1, convolution);
    this.bn = new BatchNorm2d(outChannels, { ...norm, ...options });
  }

  override forward(x: Tensor): Tensor {
    const active = relu(x),
      moved = slice(pad(active, [0, [0, 1], [0, 1], 0]), { axis: [1, 2], start: [1, 1] });
    return this.bn.forward(concat([this.straight.forward(active), this.moved.forward(moved)], -1));
  }
}

/** Channels and extents of a cell's inputs: places are counted as halvings of the image. */
export interface CellSource {
  channels: number;
  halvings: number;
}

/** A cell of `width` channels in each pair. It takes the outputs of the two cells before it. */
export class NASNetCell extends Module {
  readonly adjustPrevious: Module | null;
  readonly adjustCurrent: Module;
  readonly operations: readonly (Module | null)[];
  readonly produced: CellSource;
  private readonly plan: CellPlan;

  constructor(
    plan: CellPlan,
    previous: CellSource | null,
    current: CellSource,
    { width, stride }: { width: number; stride: number },
    options: ModuleOptions,
  ) {
    super();
    this.plan = plan;
    // The first cell has no cell before its input, and takes that as it is.
    this.adjustPrevious =
      previous === null
        ? null
        : previous.halvings < current.halvings
          ? new FactorizedReduction(previous.channels, width, options)
          : pointwise(previous.channels, width, 1, options);
    this.adjustCurrent = pointwise(current.channels, width, 1, options);
    this.operations = plan.pairs.flat().map(([kind, state]) => {
      const from = state === 'previous' && previous === null ? current.channels : width;
      return operation(kind, from, width, typeof state === 'number' ? 1 : stride, options);
    });
    this.produced = { channels: plan.output.length * width, halvings: current.halvings + (stride === 2 ? 1 : 0) };
  }

  override forward(current: Tensor, previous = current): Tensor {
    const inputs = {
      current: this.adjustCurrent.forward(current),
      previous: this.adjustPrevious?.forward(previous) ?? previous,
    };
    const sums: Tensor[] = [];
    const stateOf = (state: CellState) => (typeof state === 'number' ? sums[state]! : inputs[state]);
    const result = (layer: Module | null | undefined, [, state]: CellStep) =>
      layer?.forward(stateOf(state)) ?? stateOf(state);
    for (const [i, [left, right]] of this.plan.pairs.entries()) {
      sums.push(add(result(this.operations[2 * i], left), result(this.operations[2 * i + 1], right)));
    }
    return concat(this.plan.output.map(stateOf), -1);
  }
}

/** What tells one network from another. */
export interface CellNetworkPlan {
  normal: CellPlan;
  reduction: CellPlan;
  /** Channels of the first convolution. */
  stem: number;
  /** Channels of a pair in the first normal cells. */
  width: number;
  /** Normal cells of the three stages. */
  repeats: readonly [number, number, number];
}

/** A network of cells, x [N,H,W,channels] to logits [N,classes]. Published for 331 × 331 images. */
export class CellNetwork extends Module {
  readonly stem: ConvNorm;
  readonly cells: readonly NASNetCell[];
  private readonly avgpool = new GlobalAvgPool2d();
  readonly classifier: Sequential;

  constructor(
    { normal, reduction, stem, width, repeats }: CellNetworkPlan,
    { classes = 1000, channels = 3, ...options }: ModelOptions = {},
  ) {
    super();
    // [N,165,165,stem]
    this.stem = new ConvNorm(channels, stem, 3, { stride: 2, padding: 0, activation: 'none', ...norm, ...options });
    const cells: NASNetCell[] = [];
    let previous: CellSource | null = null,
      current: CellSource = { channels: stem, halvings: 0 };
    const push = (plan: CellPlan, wide: number, stride: number) => {
      const cell: NASNetCell = new NASNetCell(plan, previous, current, { width: wide, stride }, options);
      cells.push(cell);
      [previous, current] = [current, cell.produced];
    };
    push(reduction, Math.floor(width / 4), 2); // [N,83,83,…]
    push(reduction, Math.floor(width / 2), 2); // [N,42,42,…]
    for (const [stage, count] of repeats.entries()) {
      if (stage > 0) push(reduction, width * 2 ** stage, 2); // [N,21,21,…], [N,11,11,…]
      for (let i = 0; i < count; i++) push(normal, width * 2 ** stage, 1);
    }
    this.cells = cells;
    this.classifier = new Sequential(new Dropout(0.5, options), new Linear(current.channels, classes, options));
  }

  override forward(x: Tensor): Tensor {
    let previous: Tensor | undefined,
      current = this.stem.forward(x);
    for (const cell of this.cells) [previous, current] = [current, cell.forward(current, previous)];
    return this.classifier.forward(this.avgpool.forward(relu(current)));
  }
}

export const nasnet_a_mobile = (options?: ModelOptions): CellNetwork =>
  new CellNetwork(
    { normal: nasnetNormal, reduction: nasnetReduction, stem: 32, width: 44, repeats: [4, 4, 4] },
    options,
  );
export const nasnet_a_large = (options?: ModelOptions): CellNetwork =>
  new CellNetwork(
    { normal: nasnetNormal, reduction: nasnetReduction, stem: 96, width: 168, repeats: [6, 6, 6] },
    options,
  );
export const pnasnet5_large = (options?: ModelOptions): CellNetwork =>
  new CellNetwork({ normal: pnasnet, reduction: pnasnet, stem: 96, width: 216, repeats: [4, 3, 3] }, options);
/** AmoebaNet-A with 6 normal cells a stage and 190 channels. */
export const amoebanet_a = (options?: ModelOptions): CellNetwork =>
  new CellNetwork({ normal: amoebanetNormal, reduction: amoebanetReduction, stem: 32, width: 190, repeats: [6, 6, 6] }, options);
