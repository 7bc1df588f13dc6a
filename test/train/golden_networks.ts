/** The two networks of test/golden/train.json, and their weights by formula. */
import { resolveDevice, type Tensor } from '../../lib/core/tensor.js';
import {
  BatchNorm2d,
  Conv2d,
  Linear,
  Module,
  type ModuleOptions,
  type StateDict,
} from '../../lib/nn/index.js';
import { globalAvgPool2d, maxPool2d, relu } from '../../lib/ops/index.js';

class LeNet extends Module {
  readonly c1: Conv2d;
  readonly c2: Conv2d;
  readonly f1: Linear;
  readonly f2: Linear;
  readonly f3: Linear;

  constructor(options: ModuleOptions) {
    super();
    this.c1 = new Conv2d(1, 6, 5, { padding: 2, ...options });
    this.c2 = new Conv2d(6, 16, 5, options);
    this.f1 = new Linear(400, 120, options);
    this.f2 = new Linear(120, 84, options);
    this.f3 = new Linear(84, 10, options);
  }

  override forward(x: Tensor): Tensor {
    const first = maxPool2d(relu(this.c1.forward(x)), { kernel: 2 });
    const second = maxPool2d(relu(this.c2.forward(first)), { kernel: 2 });
    const hidden = relu(this.f1.forward(second.reshape([-1, 400])));
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
    const first = maxPool2d(relu(this.b1.forward(this.c1.forward(x))), { kernel: 2 });
    return this.f.forward(globalAvgPool2d(relu(this.b2.forward(this.c2.forward(first)))));
  }
}

/** v(k, i) of the generator: a hash of tensor number and element number, in [-1, 1). */
function hashed(k: number, i: number): number {
  let h = Math.imul(i, 0x9e3779b1) + Math.imul(k, 0x85ebca77);
  h ^= h >>> 16;
  h = Math.imul(h, 0x7feb352d);
  h ^= h >>> 15;
  h = Math.imul(h, 0x846ca68b);
  h ^= h >>> 16;
  return (h >>> 8) / 2 ** 23 - 1;
}

/** The k-th tensor's values, in torch's order. */
function formula(name: string, shape: readonly number[], k: number): Float32Array {
  const numel = shape.reduce((product, extent) => product * extent, 1);
  const values = Float64Array.from({ length: numel }, (_, i) => hashed(k, i));
  const gain = Math.sqrt(4 / (numel / shape[0]!));
  const isScale = /(^|\.)(weight|running_var)$/.test(name);
  return Float32Array.from(values, (v) => (shape.length >= 2 ? v * gain : isScale ? 1 + 0.2 * v : 0.1 * v));
}

/** [A,C,P] to [A,P,C], where P stands for all the places of an image. */
function channelsLast(values: Float32Array, channels: number, places: number): Float32Array {
  const result = new Float32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const outer = Math.floor(i / (channels * places)),
      c = Math.floor(i / places) % channels,
      place = i % places;
    result[(outer * places + place) * channels + c] = values[i]!;
  }
  return result;
}

/** What follows a flattened image has torch's channels first: [out, C·H·W]. */
const flattened = new Map([['f1.weight', { channels: 16, places: 25 }]]);

/** Values by formula, as this library lays them out and names them. */
function formulaState(layout: readonly (readonly [string, readonly number[]])[]): StateDict {
  return new Map(
    layout.map(([torchName, shape], k) => {
      const name = torchName.replace('running_mean', 'runningMean').replace('running_var', 'runningVar');
      const values = formula(torchName, shape, k);
      if (shape.length === 4) {
        const [filters, channels, height, width] = shape as [number, number, number, number];
        return [
          name,
          { shape: [filters, height, width, channels], data: channelsLast(values, channels, height * width) },
        ];
      }
      const image = flattened.get(torchName);
      return [name, { shape, data: image ? channelsLast(values, image.channels, image.places) : values }];
    }),
  );
}

export function goldenNetwork(
  model: string,
  layout: readonly (readonly [string, readonly number[]])[],
  device: string,
): Module {
  const options = { device: resolveDevice(device) };
  const network = model === 'lenet' ? new LeNet(options) : new BatchNormNet(options);
  network.loadStateDict(formulaState(layout));
  return network;
}
