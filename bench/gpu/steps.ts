/** Training steps of whole networks, each in a process of its own, so that its peak of memory is its own. */
import { autocast, crossEntropy, device, models, nn, optim, Random, recorded, tensor } from 'convolt';

import { Inputs } from './inputs.js';
import { measure, type Patience } from './measure.js';

export interface StepCase {
  name: string;
  model: models.ModelName;
  classes: number;
  /** [N,H,W,C]. */
  images: readonly [number, number, number, number];
}

export const stepCases: readonly StepCase[] = [
  { name: 'resnet50', model: 'resnet50', classes: 1000, images: [256, 224, 224, 3] },
  { name: 'lenet5', model: 'lenet5', classes: 10, images: [64, 28, 28, 1] },
  { name: 'smallnet', model: 'smallnet', classes: 10, images: [64, 28, 28, 1] },
  { name: 'resnet18-cifar', model: 'resnet18', classes: 10, images: [256, 32, 32, 3] },
  { name: 'mobilenet_v2', model: 'mobilenet_v2', classes: 1000, images: [256, 224, 224, 3] },
  { name: 'efficientnet_b0', model: 'efficientnet_b0', classes: 1000, images: [256, 224, 224, 3] },
];

/** What a step does at the least: products forward, and as many for each of both gradients. */
export function stepFlops({ model, classes, images: [n, ...image] }: StepCase): number {
  using made = models.createModel(model, { device: 'cpu', classes, initialize: false });
  return 3 * 2 * n * nn.multiplyAdds(made, [1, ...image]);
}

/**
 * Times steps of SGD with momentum under autocast, bfloat16 where it is faster than float32: everywhere but on a CPU. They are
 * recorded, as the trainer does them; the warm-up has the plain step and the recording.
 */
export async function timeStep(deviceName: string, { model, classes, images }: StepCase, seed: number, patience: Patience) {
  const on = device(deviceName), random = new Random(seed);
  const network = models.createModel(model, { device: on, classes, random });
  const optimizer = new optim.SGD(network.parameters(), { lr: 0.01, momentum: 0.9 });
  const x = new Inputs(on, seed).normal(images, 'float32');
  const target = tensor(Int32Array.from({ length: images[0] }, () => random.integer(classes)), { device: on });
  const loss = () => crossEntropy(network.forward(x), target);
  const step = () => {
    optimizer.zeroGrad();
    (on.backend === 'cpu' ? loss() : autocast('bfloat16', loss)).backward();
    optimizer.step();
  };
  using steps = recorded(step, { device: on, fallback: true });
  const timing = await measure(on, () => steps.run(), patience);
  return { ...timing, peak: on.memory().peak, notRecorded: steps.notRecorded };
}
