// Trains LeNet-5 on Fashion-MNIST with the library, and classifies an image: node examples/train_lenet.mjs
import { data, models, optim, train } from 'convolt';
import { defaultDevice, noGrad, Random, scope, softmax, tensor, toFloat } from 'convolt';

const device = defaultDevice();
const images = await data.fashionMnist();
const random = new Random(1);
const model = new models.LeNet5({ device, random });
const optimizer = new optim.SGD(model.parameters(), { lr: 0.02, momentum: 0.9 });
const trainer = new train.Trainer({ model, optimizer, random });

const options = { epochs: 2, schedule: optim.cosine(0.02), test: images.test };
for await (const record of trainer.fit(images.train, options)) {
  if (record.event === 'epoch') {
    console.log(`epoch ${record.epoch}: test accuracy ${record.test.accuracy}`);
  } else if (record.step % 100 === 0) {
    console.log(`step ${record.step} of ${record.steps}: loss ${record.loss.toFixed(3)}`);
  }
}

model.eval();
const image = await images.test.image(0);
const { probabilities } = scope(() => {
  const x = toFloat(tensor(image, { shape: [1, 28, 28, 1], device }), { scale: 1 / 255 });
  return { probabilities: noGrad(() => softmax(model.forward(x))).data() };
});
for (const [label, probability] of (await probabilities).entries()) {
  if (probability > 0.01) console.log(`${images.test.classes[label]}: ${(100 * probability).toFixed(1)} %`);
}
