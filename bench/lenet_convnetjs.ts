/** convnetjs' side of bench/lenet.ts: prints one JSON object. */
import { createRequire } from 'node:module';

/** What is used of convnetjs, which has no types. */
interface Convnet {
  Net: new () => { makeLayers(layers: object[]): void };
  SGDTrainer: new (net: object, options: object) => { train(x: object, label: number): void };
  Vol: new (width: number, height: number, depth: number) => object;
}

const BATCH = 64, BATCHES = 3;
const convnet = createRequire(import.meta.url)('convnetjs') as Convnet;
const net = new convnet.Net();
net.makeLayers([
  { type: 'input', out_sx: 28, out_sy: 28, out_depth: 1 },
  { type: 'conv', sx: 5, filters: 6, stride: 1, pad: 2, activation: 'relu' },
  { type: 'pool', sx: 2, stride: 2 },
  { type: 'conv', sx: 5, filters: 16, stride: 1, pad: 0, activation: 'relu' },
  { type: 'pool', sx: 2, stride: 2 },
  { type: 'fc', num_neurons: 120, activation: 'relu' },
  { type: 'fc', num_neurons: 84, activation: 'relu' },
  { type: 'softmax', num_classes: 10 },
]);
const trainer = new convnet.SGDTrainer(net, { learning_rate: 0.01, momentum: 0.9, batch_size: BATCH });
const image = new convnet.Vol(28, 28, 1);
const batch = (): void => {
  for (let i = 0; i < BATCH; i++) trainer.train(image, i % 10);
};
batch();
const began = performance.now();
for (let i = 0; i < BATCHES; i++) batch();
console.log(JSON.stringify({ imagesPerSecond: (BATCH * BATCHES * 1000) / (performance.now() - began), version: 'convnetjs' }));
