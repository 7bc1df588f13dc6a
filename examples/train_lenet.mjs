// LeNet-5 on Fashion-MNIST to 91 % with the library, and what it says of an image:
//
//     node examples/train_lenet.mjs [EPOCHS] [IMAGES]
//
// 91.30 % test accuracy behind ten epochs, in 22 s on two cores of an AMD EPYC.
import { data, models, optim, train } from 'convolt';
import { defaultDevice, noGrad, Random, scope, softmax, tensor, toFloat } from 'convolt';

const epochs = Number(process.argv[2] ?? 10), count = Number(process.argv[3] ?? 60000);
const device = defaultDevice(), random = new Random(1);
const pixels = { mean: 0.286, std: 0.353 }; // of the training images, in units of 255
const images = await data.fashionMnist();
const model = new models.LeNet5({ device, random });
const optimizer = new optim.AdamW(model.parameters(), { lr: 3e-3, weightDecay: 0.1 });
const trainer = new train.Trainer({ model, optimizer, random, ...pixels });

const began = performance.now();
const schedule = optim.cosine(3e-3, { warmup: 0.05 });
for await (const record of trainer.fit(images.train.take(count), { epochs, schedule, test: images.test })) {
  if (record.event === 'epoch') {
    const seconds = ((performance.now() - began) / 1000).toFixed(0);
    console.log(`epoch ${record.epoch}: test accuracy ${(100 * record.test.accuracy).toFixed(2)} %, ${seconds} s`);
  } else if (record.event === 'step' && record.step % 300 === 0) {
    console.log(`step ${record.step} of ${record.steps}: loss ${record.loss.toFixed(3)}`);
  }
}

model.eval();
const image = await images.test.image(0);
const { probabilities } = scope(() => {
  const x = toFloat(tensor(image, { shape: [1, 28, 28, 1], device }), { scale: 1 / (255 * pixels.std), shift: -pixels.mean / pixels.std });
  return { probabilities: noGrad(() => softmax(model.forward(x))).data() };
});
for (const [label, probability] of (await probabilities).entries()) {
  if (probability > 0.01) console.log(`${images.test.classes[label]}: ${(100 * probability).toFixed(1)} %`);
}
