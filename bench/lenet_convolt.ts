/** convolt's side of bench/lenet.ts: prints one JSON object. */
import { crossEntropy, device, models, optim, scope, tensor } from 'convolt';

import { convoltTensor, value } from './lenet_weights.js';

const BATCH = 64, WARM_UP = 30, STEPS = 400;

const on = device('cpu');
const model = models.createModel('lenet5', { device: on });
for (const [k, parameter] of model.parameters().entries()) parameter.write(convoltTensor(k));
const optimizer = new optim.SGD(model.parameters(), { lr: 0.01, momentum: 0.9 });
const x = tensor(Float32Array.from({ length: BATCH * 784 }, (_, i) => Math.fround((value(100, i) + 1) / 2)), { shape: [BATCH, 28, 28, 1], device: on });
const target = tensor(Int32Array.from({ length: BATCH }, (_, i) => i % 10), { device: on });

function step(): Promise<Float32Array> | undefined {
  return scope(() => {
    optimizer.zeroGrad();
    const loss = crossEntropy(model.forward(x), target);
    loss.backward();
    optimizer.step();
    return losses.length < 5 ? { read: loss.data() } : {};
  }).read;
}

const losses: number[] = [];
for (let i = 0; i < WARM_UP; i++) {
  const read = await step();
  if (read) losses.push(read[0] ?? NaN);
}
await on.synchronize();
const began = performance.now();
for (let i = 0; i < STEPS; i++) void step();
await on.synchronize();
const seconds = (performance.now() - began) / 1000;
console.log(JSON.stringify({ imagesPerSecond: (BATCH * STEPS) / seconds, losses, version: 'convolt' }));
