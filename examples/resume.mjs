// A run that may be stopped or killed at any moment, and goes on to the same bits when it is started again:
//
//     node examples/resume.mjs [FOLDER]
//
// 81.40 % test accuracy behind three epochs of 5,000 images of Fashion-MNIST, in 3 s on two cores of an AMD EPYC.
import { data, defaultDevice, models, optim, Random, train } from 'convolt';

const folder = new train.CheckpointFolder(process.argv[2] ?? 'runs/resume');
const device = defaultDevice(), random = new Random(1);
const images = await data.fashionMnist();
const model = models.createModel('lenet5', { device, random });
const optimizer = new optim.Adam(model.parameters(), { lr: 2e-3 });
const trainer = new train.Trainer({ model, optimizer, random: random.fork(1), mean: 0.286, std: 0.353 });

const saved = await folder.latest();
if (saved) console.log(`resumed from ${saved.file}`);
const stop = new AbortController();
process.once('SIGINT', () => stop.abort()); // the state behind the step under way is saved, too

const images5000 = images.train.take(5000);
const options = { epochs: 3, schedule: optim.cosine(2e-3), test: images.test, checkpoint: { everySteps: 20 }, resume: saved?.state, signal: stop.signal };
for await (const record of trainer.fit(images5000, options)) {
  if (record.event === 'checkpoint') await folder.save(record.state);
  if (record.event === 'epoch') console.log(`epoch ${record.epoch}: test accuracy ${(100 * record.test.accuracy).toFixed(2)} %`);
}
