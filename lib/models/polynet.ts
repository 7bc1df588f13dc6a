/**
 * PolyNet: Inception residual units of which several paths are added up.
 *
 * X. Zhang, Z. Li, C. C. Loy, D. Lin, "PolyNet: a pursuit of structural diversity in very deep networks", arXiv:1611.05725:
 * the "very deep" network, in which 2-way units (I + F + G) alternate with poly-3 ones (I + F + F² + F³, whose three F share
 * all convolutions but the last, and have normalisations of their own).
 */
import type { Tensor } from '../core/tensor.js';
import { BatchNorm2d, Conv2d, Dropout, GlobalAvgPool2d, Linear, MaxPool2d, Module, Sequential, type ModuleOptions } from '../nn/index.js';
import { add, concat, mul, relu } from '../ops/index.js';
import { ConvNorm } from './conv_norm.js';
import { Mixed } from './mixed.js';
import type { ModelOptions } from './options.js';

/** A convolution of a branch: its kernel and channels; 'halves' has stride 2, and like 'valid' no padding. */
type Step = readonly [kernel: number | readonly [height: number, width: number], channels: number, step?: 'halves' | 'valid'];

/** Branches side by side, each of convolutions one behind the other. */
type Branches = readonly (readonly Step[])[];

function chain(inChannels: number, steps: readonly Step[], options: ModuleOptions): Sequential {
  return new Sequential(
    ...steps.map(([kernel, channels, step], i) => {
      const place = { ...(step === 'halves' && { stride: 2 }), ...(step && { padding: 0 }) };
      return new ConvNorm(steps[i - 1]?.[1] ?? inChannels, channels, kernel, { ...place, ...options });
    }),
  );
}

/** A stage: the channels that its units take and give, and what is in F, before the 1 × 1 convolution at its end. */
interface Stage {
  channels: number;
  branches: Branches;
}

const stageA: Stage = { channels: 384, branches: [[[1, 32], [3, 48], [3, 64]], [[1, 32], [3, 32]], [[1, 32]]] };
const stageB: Stage = { channels: 1152, branches: [[[1, 128], [[1, 7], 160], [[7, 1], 192]], [[1, 192]]] };
const stageC: Stage = { channels: 2048, branches: [[[1, 192], [[1, 3], 224], [[3, 1], 256]], [[1, 192]]] };

const widthOf = ({ branches }: Stage): number => branches.reduce((sum, steps) => sum + steps.at(-1)![1], 0);

/** The 1 × 1 convolution at the end of F, which has no activation. */
const projection = (stage: Stage, options: ModuleOptions): ConvNorm =>
  new ConvNorm(widthOf(stage), stage.channels, 1, { activation: 'none', ...options });

/** relu(x + scale F(x) + scale G(x)), [N,H,W,C] to the same. */
class TwoWay extends Module {
  readonly paths: readonly Sequential[];
  private readonly scale: number;

  constructor(stage: Stage, scale: number, options: ModuleOptions) {
    super();
    const path = () => new Sequential(new Mixed(...stage.branches.map((steps) => chain(stage.channels, steps, options))), projection(stage, options));
    this.paths = [path(), path()];
    this.scale = scale;
  }

  override forward(x: Tensor): Tensor {
    return relu(this.paths.reduce((sum, path) => add(sum, mul(path.forward(x), this.scale)), x));
  }
}

/** A convolution that several paths share, with a normalisation and ReLU for each. */
class SharedConv extends Module {
  readonly conv: Conv2d;
  readonly norms: readonly BatchNorm2d[];

  constructor(inChannels: number, [kernel, channels]: Step, paths: number, options: ModuleOptions) {
    super();
    const padding = typeof kernel === 'number' ? (kernel - 1) / 2 : ([(kernel[0] - 1) / 2, (kernel[1] - 1) / 2] as const);
    this.conv = new Conv2d(inChannels, channels, kernel, { padding, bias: false, ...options });
    this.norms = Array.from({ length: paths }, () => new BatchNorm2d(channels, { activation: 'relu', ...options }));
  }

  override forward(x: Tensor, path = 0): Tensor {
    return this.norms[path]!.forward(this.conv.forward(x));
  }
}

/** relu(x + scale F(x) + scale F(F(x)) + scale F(F(F(x)))), [N,H,W,C] to the same, with ReLU between one F and the next. */
class PolyThree extends Module {
  /** Those of one branch behind each other; a plain list for the modules' names. */
  readonly convolutions: readonly SharedConv[];
  readonly projections: readonly ConvNorm[];
  private readonly lengths: readonly number[];
  private readonly scale: number;

  constructor(stage: Stage, scale: number, options: ModuleOptions) {
    super();
    const paths = 3;
    this.convolutions = stage.branches.flatMap((steps) =>
      steps.map((step, i) => new SharedConv(steps[i - 1]?.[1] ?? stage.channels, step, paths, options)),
    );
    this.lengths = stage.branches.map(({ length }) => length);
    this.projections = Array.from({ length: paths }, () => projection(stage, options));
    this.scale = scale;
  }

  /** F, as it is on the way so many times through it. */
  private mixed(x: Tensor, path: number): Tensor {
    let first = 0;
    const branches = this.lengths.map((length) => {
      const steps = this.convolutions.slice(first, (first += length));
      return steps.reduce((y, step) => step.forward(y, path), x);
    });
    return this.projections[path]!.forward(concat(branches, -1));
  }

  override forward(x: Tensor): Tensor {
    let sum = x, inner = x;
    for (const path of this.projections.keys()) {
      const y = this.mixed(inner, path);
      sum = add(sum, mul(y, this.scale));
      inner = relu(y);
    }
    return relu(sum);
  }
}

const halvingPool = () => new MaxPool2d(3, { stride: 2 });

/** Residuals are scaled by numbers that fall evenly from 1, at the first of 40 units, to 0.7, at the last. */
const scaleOf = (position: number): number => 1 - (0.3 * position) / 39;

/** PolyNet, x [N,H,W,channels] to logits [N,classes]. Published for 331 × 331 images. */
export class PolyNet extends Module {
  readonly features: Sequential;
  private readonly avgpool = new GlobalAvgPool2d();
  readonly classifier: Sequential;

  constructor({ classes = 1000, channels = 3, ...options }: ModelOptions = {}) {
    super();
    const to = (inChannels: number, ...steps: Step[]) => chain(inChannels, steps, options);
    let position = 0;
    const twoWay = (stage: Stage) => new TwoWay(stage, scaleOf(position++), options);
    const alternating = (stage: Stage, units: number) =>
      Array.from({ length: units }, () => [new PolyThree(stage, scaleOf(position++), options), twoWay(stage)]).flat();
    this.features = new Sequential(
      to(channels, [3, 32, 'halves'], [3, 32, 'valid'], [3, 64]), // [N,163,163,64]
      new Mixed(halvingPool(), to(64, [3, 96, 'halves'])), // [N,81,81,160]
      new Mixed(to(160, [1, 64], [3, 96, 'valid']), to(160, [1, 64], [[7, 1], 64], [[1, 7], 64], [3, 96, 'valid'])), // [N,79,79,192]
      new Mixed(halvingPool(), to(192, [3, 192, 'halves'])), // [N,39,39,384]
      ...Array.from({ length: 10 }, () => twoWay(stageA)),
      new Mixed(to(384, [1, 256], [3, 256], [3, 384, 'halves']), to(384, [3, 384, 'halves']), halvingPool()), // [N,19,19,1152]
      ...alternating(stageB, 10),
      new Mixed(to(1152, [1, 256], [3, 256], [3, 256, 'halves']), to(1152, [1, 256], [3, 256, 'halves']), to(1152, [1, 256], [3, 384, 'halves']), halvingPool()), // [N,9,9,2048]
      ...alternating(stageC, 5),
    );
    this.classifier = new Sequential(new Dropout(0.2, options), new Linear(2048, classes, options));
  }

  override forward(x: Tensor): Tensor {
    return this.classifier.forward(this.avgpool.forward(this.features.forward(x)));
  }
}

export const polynet = (options?: ModelOptions): PolyNet => new PolyNet(options);
