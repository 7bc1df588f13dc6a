/** convolt's side of bench/lenet_epoch.ts: prints one JSON object. */
import { data, models, optim, Random, train } from 'convolt';

const IMAGES = 60_000;

const random = new Random(1);
const bytes = Uint8Array.from({ length: IMAGES * 784 }, (_, i) => (Math.imul(i, 2654435761) >>> 24));
const dataset = new data.Dataset({ images: bytes, labels: Array.from({ length: IMAGES }, (_, i) => i % 10), shape: [28, 28, 1], classes: data.fashionMnistClasses });
const model = models.createModel('lenet5', { device: 'cpu', random });
const trainer = new train.Trainer({ model, optimizer: new optim.SGD(model.parameters(), { lr: 0.01, momentum: 0.9 }), random });

let seconds = NaN, began = performance.now();
for await (const record of trainer.fit(dataset, { epochs: 2, batch: 64 })) {
  if (record.event !== 'epoch') continue;
  seconds = (performance.now() - began) / 1000;
  began = performance.now();
}
console.log(JSON.stringify({ version: 'convolt', imagesPerSecond: IMAGES / seconds }));
