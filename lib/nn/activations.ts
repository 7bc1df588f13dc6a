/** Activation functions as layers. */
import type { Tensor } from '../core/tensor.js';
import {
  celu, elu, gelu, glu, hardshrink, hardsigmoid, hardswish, hardtanh, leakyRelu, logSigmoid, logSoftmax,
  maxout, mish, relu, relu6, selu, sigmoid, silu, softmax, softmin, softplus, softshrink, softsign, tanh,
  tanhshrink, threshold, type ConvActivation, type EluOptions, type GeluOptions, type GluOptions, type HardtanhOptions,
  type LeakyReluOptions, type ShrinkOptions, type SoftmaxOptions, type SoftplusOptions, type ThresholdOptions,
} from '../ops/index.js';
import { Module } from './module.js';

/** An activation that a convolution can do in its own pass. */
export abstract class FoldableActivation extends Module {
  /** As a convolution names it. */
  abstract readonly activation: ConvActivation;
  private isFolded = false;

  /** Leaves the work to the convolution before: forward() gives x from here on. @internal */
  becomeFolded(): void {
    this.isFolded = true;
  }

  protected abstract activate(x: Tensor): Tensor;

  override forward(x: Tensor): Tensor {
    return this.isFolded ? x : this.activate(x);
  }
}

/** max(x, 0). See {@link relu}. */
export class ReLU extends FoldableActivation {
  override readonly activation = 'relu';

  protected override activate(x: Tensor): Tensor {
    return relu(x);
  }
}

/** min(max(x, 0), 6). See {@link relu6}. */
export class ReLU6 extends FoldableActivation {
  override readonly activation = 'relu6';

  protected override activate(x: Tensor): Tensor {
    return relu6(x);
  }
}

/** ELU that keeps mean 0 and variance 1. See {@link selu}. */
export class SELU extends Module {
  override forward(x: Tensor): Tensor {
    return selu(x);
  }
}

/** x * sigmoid(x). See {@link silu}. */
export class SiLU extends Module {
  override forward(x: Tensor): Tensor {
    return silu(x);
  }
}

/** x * tanh(log(1 + exp(x))). See {@link mish}. */
export class Mish extends Module {
  override forward(x: Tensor): Tensor {
    return mish(x);
  }
}

/** x * min(max(x + 3, 0), 6) / 6. See {@link hardswish}. */
export class Hardswish extends Module {
  override forward(x: Tensor): Tensor {
    return hardswish(x);
  }
}

/** min(max(x + 3, 0), 6) / 6. See {@link hardsigmoid}. */
export class Hardsigmoid extends Module {
  override forward(x: Tensor): Tensor {
    return hardsigmoid(x);
  }
}

/** x / (1 + |x|). See {@link softsign}. */
export class Softsign extends Module {
  override forward(x: Tensor): Tensor {
    return softsign(x);
  }
}

/** 1 / (1 + exp(-x)). See {@link sigmoid}. */
export class Sigmoid extends Module {
  override forward(x: Tensor): Tensor {
    return sigmoid(x);
  }
}

/** log(1 / (1 + exp(-x))). See {@link logSigmoid}. */
export class LogSigmoid extends Module {
  override forward(x: Tensor): Tensor {
    return logSigmoid(x);
  }
}

/** Hyperbolic tangent. See {@link tanh}. */
export class Tanh extends Module {
  override forward(x: Tensor): Tensor {
    return tanh(x);
  }
}

/** x - tanh(x). See {@link tanhshrink}. */
export class Tanhshrink extends Module {
  override forward(x: Tensor): Tensor {
    return tanhshrink(x);
  }
}

/** x where x > 0, negativeSlope * x elsewhere. See {@link leakyRelu}. */
export class LeakyReLU extends Module {
  private readonly options: LeakyReluOptions;

  constructor(options: LeakyReluOptions = {}) {
    super();
    this.options = options;
  }

  override forward(x: Tensor): Tensor {
    return leakyRelu(x, this.options);
  }
}

/** x where x > 0, alpha * (exp(x) - 1) elsewhere. See {@link elu}. */
export class ELU extends Module {
  private readonly options: EluOptions;

  constructor(options: EluOptions = {}) {
    super();
    this.options = options;
  }

  override forward(x: Tensor): Tensor {
    return elu(x, this.options);
  }
}

/** x where x > 0, alpha * (exp(x / alpha) - 1) elsewhere. See {@link celu}. */
export class CELU extends Module {
  private readonly options: EluOptions;

  constructor(options: EluOptions = {}) {
    super();
    this.options = options;
  }

  override forward(x: Tensor): Tensor {
    return celu(x, this.options);
  }
}

/** x times how much of the normal distribution lies below x. See {@link gelu}. */
export class GELU extends Module {
  private readonly options: GeluOptions;

  constructor(options: GeluOptions = {}) {
    super();
    this.options = options;
  }

  override forward(x: Tensor): Tensor {
    return gelu(x, this.options);
  }
}

/** min(max(x, min), max). See {@link hardtanh}. */
export class Hardtanh extends Module {
  private readonly options: HardtanhOptions;

  constructor(options: HardtanhOptions = {}) {
    super();
    this.options = options;
  }

  override forward(x: Tensor): Tensor {
    return hardtanh(x, this.options);
  }
}

/** log(1 + exp(beta * x)) / beta. See {@link softplus}. */
export class Softplus extends Module {
  private readonly options: SoftplusOptions;

  constructor(options: SoftplusOptions = {}) {
    super();
    this.options = options;
  }

  override forward(x: Tensor): Tensor {
    return softplus(x, this.options);
  }
}

/** x moved by lambda towards 0. See {@link softshrink}. */
export class Softshrink extends Module {
  private readonly options: ShrinkOptions;

  constructor(options: ShrinkOptions = {}) {
    super();
    this.options = options;
  }

  override forward(x: Tensor): Tensor {
    return softshrink(x, this.options);
  }
}

/** x where |x| > lambda, 0 elsewhere. See {@link hardshrink}. */
export class Hardshrink extends Module {
  private readonly options: ShrinkOptions;

  constructor(options: ShrinkOptions = {}) {
    super();
    this.options = options;
  }

  override forward(x: Tensor): Tensor {
    return hardshrink(x, this.options);
  }
}

/** x where x > threshold, value elsewhere. See {@link threshold}. */
export class Threshold extends Module {
  private readonly options: ThresholdOptions;

  constructor(options: ThresholdOptions) {
    super();
    this.options = options;
  }

  override forward(x: Tensor): Tensor {
    return threshold(x, this.options);
  }
}

/** exp(x) / sum of exp(x) along one axis, by default the last. See {@link softmax}. */
export class Softmax extends Module {
  private readonly options: SoftmaxOptions;

  constructor(options: SoftmaxOptions = {}) {
    super();
    this.options = options;
  }

  override forward(x: Tensor): Tensor {
    return softmax(x, this.options);
  }
}

/** The logarithm of softmax along one axis, by default the last. See {@link logSoftmax}. */
export class LogSoftmax extends Module {
  private readonly options: SoftmaxOptions;

  constructor(options: SoftmaxOptions = {}) {
    super();
    this.options = options;
  }

  override forward(x: Tensor): Tensor {
    return logSoftmax(x, this.options);
  }
}

/** Softmax of -x along one axis, by default the last. See {@link softmin}. */
export class Softmin extends Module {
  private readonly options: SoftmaxOptions;

  constructor(options: SoftmaxOptions = {}) {
    super();
    this.options = options;
  }

  override forward(x: Tensor): Tensor {
    return softmin(x, this.options);
  }
}

/** One half of x times the sigmoid of the other, along one axis, by default the last. See {@link glu}. */
export class GLU extends Module {
  private readonly options: GluOptions;

  constructor(options: GluOptions = {}) {
    super();
    this.options = options;
  }

  override forward(x: Tensor): Tensor {
    return glu(x, this.options);
  }
}

/** The largest of each group of neighbouring channels. See {@link maxout}. */
export class Maxout extends Module {
  private readonly pieces: number;

  /** @param pieces channels of a group. */
  constructor(pieces: number) {
    super();
    this.pieces = pieces;
  }

  override forward(x: Tensor): Tensor {
    return maxout(x, this.pieces);
  }
}
