// Trains a small network in a worker thread and posts its losses. Workers load JavaScript only: this is dist/.
import { parentPort, workerData } from 'node:worker_threads';

import { conv2d, crossEntropy, linear, randomState, dropout, relu, scope, tensor } from '../../dist/index.js';

const { device, steps } = workerData;
const wave = (length, scale) => Float32Array.from({ length }, (_, i) => Math.sin(i * 1.7 + 0.3) * scale);

const images = tensor(wave(4 * 6 * 6, 1), { shape: [4, 6, 6, 1], device });
const labels = tensor(Int32Array.of(0, 1, 2, 1), { device });
const parameters = [
  { values: wave(4 * 9, 0.4), shape: [4, 3, 3, 1] },
  { values: wave(3 * 64, 0.2), shape: [3, 64] },
].map(({ values, shape }) => ({ values, tensor: tensor(values, { shape, device, requiresGrad: true }) }));
const random = randomState(5, device);

/** One step of plain gradient descent; its loss. */
async function step() {
  const loss = scope(() => {
    const [filters, dense] = parameters.map((parameter) => parameter.tensor);
    const features = dropout(relu(conv2d(images, filters)), { probability: 0.1, training: true, random });
    const loss = crossEntropy(linear(features.reshape([4, 64]), dense), labels);
    loss.backward();
    return { value: loss.item() };
  });
  for (const { values, tensor } of parameters) {
    const gradient = await tensor.grad.data();
    for (const [i, value] of gradient.entries()) values[i] -= 0.5 * value;
    tensor.write(values);
    tensor.grad.dispose();
    tensor.grad = null;
  }
  return loss.value;
}

const losses = [];
for (let i = 0; i < steps; i++) {
  losses.push(await step());
  parentPort.postMessage({ step: i });
}
parentPort.postMessage({ losses });
