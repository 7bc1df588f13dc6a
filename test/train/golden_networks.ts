/** The two networks of test/golden/train.json, and their weights by formula. */
import { resolveDevice, type Tensor } from '../../lib/core/tensor.js';
import { loadTorchStateDict } from '../../lib/models/index.js';
import {
  BatchNorm2d,
  Conv2d,
  forwardConvBatchNorm,
  ImageLinear,
  Linear,
  Module,
  type ModuleOptions,
} from '../../lib/nn/index.js';
import { globalAvgPool2d, maxPool2d, relu } from '../../lib/ops/index.js';
import { formulaWeights } from '../golden/formula.js';

class LeNet extends Module {
  readonly c1: Conv2d;
  readonly c2: Conv2d;
  readonly f1: ImageLinear;
  readonly f2: Linear;
  readonly f3: Linear;

  constructor(options: ModuleOptions) {
    super();
    this.c1 = new Conv2d(1, 6, 5, { padding: 2, ...options });
    this.c2 = new Conv2d(6, 16, 5, options);
    this.f1 = new ImageLinear([5, 5, 16], 120, options);
    this.f2 = new Linear(120, 84, options);
    this.f3 = new Linear(84, 10, options);
  }

  override forward(x: Tensor): Tensor {
    const first = maxPool2d(relu(this.c1.forward(x)), { kernel: 2 });
    const second = maxPool2d(relu(this.c2.forward(first)), { kernel: 2 });
    const hidden = relu(this.f1.forward(second));
    return this.f3.forward(relu(this.f2.forward(hidden)));
  }
}

class BatchNormNet extends Module {
  readonly c1: Conv2d;
  readonly b1: BatchNorm2d;
  readonly c2: Conv2d;
  readonly b2: BatchNorm2d;
  readonly f: Linear;

  constructor(options: ModuleOptions) {
    super();
    this.c1 = new Conv2d(1, 16, 3, { padding: 1, bias: false, ...options });
    this.b1 = new BatchNorm2d(16, options);
    this.c2 = new Conv2d(16, 32, 3, { stride: 2, padding: 1, groups: 2, bias: false, ...options });
    this.b2 = new BatchNorm2d(32, options);
    this.f = new Linear(32, 10, options);
  }

  override forward(x: Tensor): Tensor {
    const first = maxPool2d(relu(forwardConvBatchNorm(x, [[this.c1, this.b1]])), { kernel: 2 });
    return this.f.forward(globalAvgPool2d(relu(forwardConvBatchNorm(first, [[this.c2, this.b2]]))));
  }
}

/** A network with weights by formula, whose names and shapes torch's layout has. */
export function goldenNetwork(
  model: string,
  layout: readonly (readonly [string, readonly number[]])[],
  device: string,
): Module {
  const options = { device: resolveDevice(device) };
  const network = model === 'lenet' ? new LeNet(options) : new BatchNormNet(options);
  loadTorchStateDict(network, new Map(layout.map(([name, shape], k) => [name, { shape, data: formulaWeights(name, shape, k) }])));
  return network;
}
