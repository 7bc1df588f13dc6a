/** Networks learn a few images by heart: how each of them is trained for it, and what came out. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'vitest';

import { device } from '../../lib/core/device.js';
import { Random } from '../../lib/core/random.js';
import { scope } from '../../lib/core/scope.js';
import type { Shape } from '../../lib/core/shape.js';
import type { Tensor } from '../../lib/core/tensor.js';
import { createModel, modelInfo, modelNames, type ModelName, type ModelOptions } from '../../lib/models/index.js';
import { Dropout, DropPath } from '../../lib/nn/index.js';
import { crossEntropy, expand, mul, slice } from '../../lib/ops/index.js';
import { Adam, RMSprop } from '../../lib/optim/index.js';
import { noise } from './synthetic.js';

const cpu = device('cpu');

/** Images of noise, with labels of four classes in turn. */
export const images = 32;
const classes = 4;

/** How a network is trained. */
export interface Setting {
  /** Default 32 × 32 × 3, or the published one if that is smaller. */
  image: Shape;
  /** Default Adam. */
  optimizer: 'Adam' | 'RMSprop';
  /** Default 1e-3. */
  lr: number;
  /** Images that go through the network at once; a step is done on the gradients of all 32. Default 32. */
  batch: number;
  /** Of the constructor, besides classes. */
  options: ModelOptions & { imageSize?: number };
}

/** What is not as for the others, for families of networks; the first that fits counts. */
const exceptions: [family: RegExp, setting: Partial<Setting>][] = [
  // Without batch normalisation 1e-3 can kill ReLUs, as it does SqueezeNet's last ones; images are the least that the network takes.
  [/^alexnet_grouped/, { image: [227, 227, 3], lr: 1e-4 }],
  [/^alexnet/, { image: [63, 63, 3], lr: 1e-4 }],
  [/^zfnet/, { image: [224, 224, 3], lr: 1e-4 }],
  [/^squeezenet/, { image: [64, 64, 3], lr: 1e-4 }],
  [/^vgg/, { lr: 1e-4 }], // the linear layers have no normalisation
  [/^visual_words/, { lr: 3e-2 }], // a softmax of sharp cosines, whose gradients are small
  [/^(bit_r1\d\dx[23]|efficientnet_l2)/, { lr: 3e-4 }], // deep and wide
  // Attention, and layer normalisation, take small rates without a warm-up.
  [/^vit_h_14/, { image: [28, 28, 3], options: { imageSize: 28 }, lr: 1e-4, optimizer: 'RMSprop' }], // Adam would need 10 GB
  [/^vit/, { options: { imageSize: 32 }, lr: 1e-4 }],
  [/^maxvit/, { image: [224, 224, 3], batch: 8, lr: 1e-4 }], // of which 32 at once would need as much
  [/^(swin|convnext)/, { lr: 1e-4 }],
  [/^regnet_y_128gf/, { lr: 1e-4, optimizer: 'RMSprop' }], // Adam would need 10 GB
  // The least that they take.
  [/^(inception|xception|polynet)/, { image: [75, 75, 3] }],
  [/^(p?nasnet|amoebanet)/, { image: [65, 65, 3] }],
  [/^(r3d|mc3|r2plus1d)/, { image: [4, 32, 32, 3] }],
  [/^s3d/, { image: [13, 209, 209, 3], batch: 8 }],
];

/** How a network is trained. */
export function settingOf(name: ModelName): Setting {
  const { input } = modelInfo(name), image = input[0]! <= 32 ? input : [32, 32, 3];
  const exception = exceptions.find(([family]) => family.test(name))?.[1];
  return { image, optimizer: 'Adam', lr: 1e-3, batch: images, options: {}, ...exception };
}

const mostSteps = 100;

/** What came out. */
export interface Learned {
  image: Shape;
  optimizer: Setting['optimizer'];
  lr: number;
  /** Done until the images were known by heart, or at most. */
  steps: number;
  /** Losses in front of the first of them and in front of the last. */
  first: number;
  last: number;
  /** Images classified right in front of the last: of networks that give each pixel a class, at every pixel. */
  right: number;
}

/** By heart is: each image is classified right, and the loss is below a tenth of the first. */
export const isByHeart = ({ first, last, right }: Learned): boolean => right === images && last < first / 10;

/** How many images are classified right at each of their places. */
function countRight(logits: Float32Array, labels: Int32Array): number {
  const places = logits.length / labels.length / classes;
  return labels.filter((label, image) => {
    for (let place = image * places; place < (image + 1) * places; place++) {
      const row = logits.subarray(place * classes, (place + 1) * classes);
      if (!row.every((logit, k) => k === label || logit < row[label]!)) return false;
    }
    return true;
  }).length;
}

/** Images of noise, `batch` at a time. */
function batches(image: Shape, batch: number): { images: Tensor; labels: Tensor<'int32'> }[] {
  return scope(() => {
    const all = noise([images, ...image], classes, 'cpu');
    const starts = Array.from({ length: images / batch }, (_, i) => i * batch);
    return starts.map((start) => {
      const end = start + batch;
      return { images: slice(all.images, { axis: 0, start, end }), labels: slice(all.labels, { axis: 0, start, end }) };
    });
  });
}

/** The loss of logits [N,classes], or [N,H,W,classes] where each pixel has its image's label, of labels [N]. */
function lossOf(logits: Tensor, labels: Tensor<'int32'>): Tensor {
  const places = logits.shape.slice(1, -1);
  return crossEntropy(logits, expand(labels.reshape([-1, ...places.map(() => 1)]), [labels.numel, ...places]));
}

/** Trains a network until it knows its images by heart. Nothing is dropped, so that the loss falls without noise. */
export async function learn(name: ModelName): Promise<Learned> {
  const { image, optimizer: kind, lr, batch, options } = settingOf(name);
  using model = createModel(name, { device: cpu, random: new Random(0), classes, ...options }).train();
  for (const [, module] of model.modules()) if (module instanceof Dropout || module instanceof DropPath) module.eval();
  using optimizer = kind === 'Adam' ? new Adam(model.parameters(), { lr }) : new RMSprop(model.parameters(), { lr });
  const parts = batches(image, batch), live: number[] = [];
  const learned: Learned = { image, optimizer: kind, lr, steps: 0, first: 0, last: 0, right: 0 };
  while (learned.steps === 0 || (learned.steps < mostSteps && !isByHeart(learned))) {
    optimizer.zeroGrad();
    learned.last = learned.right = 0;
    for (const { images: x, labels } of parts) {
      const { loss, logits } = scope(() => {
        const logits = model.forward(x), loss = mul(lossOf(logits, labels), batch / images);
        loss.backward();
        return { loss: loss.detach(), logits: logits.detach() };
      });
      learned.last += await loss.item();
      learned.right += countRight(await logits.data(), await labels.data());
      loss.dispose();
      logits.dispose();
    }
    optimizer.step();
    if (learned.steps++ === 0) learned.first = learned.last;
    live.push(cpu.memory().tensors);
  }
  for (const { images: x, labels } of parts) {
    x.dispose();
    labels.dispose();
  }
  expect(new Set(live.slice(1)).size, `live tensors after each step: ${live.join(', ')}`).toBeLessThanOrEqual(1);
  return learned;
}

const recordFile = new URL('learned.json', import.meta.url);

/** What came out when each network was last trained for the record. */
export function recorded(): Partial<Record<ModelName, Learned>> {
  return existsSync(recordFile) ? (JSON.parse(readFileSync(recordFile, 'utf8')) as Partial<Record<ModelName, Learned>>) : {};
}

/** Writes what came out into the record, one line for each network. */
export function record(name: ModelName, learned: Learned): void {
  const rounded = { ...learned, first: Number(learned.first.toPrecision(4)), last: Number(learned.last.toPrecision(4)) };
  const all = { ...recorded(), [name]: rounded };
  const lines = modelNames.flatMap((name) => (all[name] ? [`  "${name}": ${JSON.stringify(all[name])}`] : []));
  writeFileSync(recordFile, `{\n${lines.join(',\n')}\n}\n`);
}
