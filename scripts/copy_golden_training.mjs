// Copies the golden values of optimisers and training from torch's full set into test/golden; needs dist/.
//   node scripts/copy_golden_training.mjs FOLDER    (the folder with optim.json, train.json and their safetensors)
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { decodeSafetensors, encodeSafetensors } from '../dist/data/safetensors.js';

const [, , folder] = process.argv;
if (!folder) {
  console.error('copy_golden_training: expected the folder of the golden values, but got nothing');
  process.exit(2);
}
const target = new URL('../test/golden/', import.meta.url);

/** Copies what `select` makes of a JSON file, and the tensors that it names. */
function copy(name, select) {
  const { json, tensors } = select(JSON.parse(readFileSync(path.join(folder, `${name}.json`), 'utf8')));
  const file = path.join(folder, `${name}.safetensors`);
  const all = decodeSafetensors(readFileSync(file), file);
  const chosen = new Map(tensors(all.tensors).map((key) => [key, all.tensors.get(key)]));
  writeFileSync(new URL(`${name}.safetensors`, target), encodeSafetensors(chosen, all.metadata));
  writeFileSync(new URL(`${name}.json`, target), `${JSON.stringify(json, null, 1)}\n`);
  console.log(`test/golden/${name}: ${json.cases.length} cases, ${chosen.size} tensors`);
}

copy('optim', (golden) => {
  const cases = golden.cases.filter(({ optimizer, args }) => /^(SGD|Adam|AdamW)$/.test(optimizer) && !args.maximize);
  const schedules = golden.schedules.filter(({ scheduler }) => scheduler === 'CosineAnnealingLR');
  const isInput = (key) => /^p\d+\//.test(key);
  return {
    json: { ...golden, cases, schedules },
    tensors: (all) => [...[...all.keys()].filter(isInput), ...cases.flatMap(({ trajectory }) => trajectory)],
  };
});

copy('train', (golden) => {
  const cases = golden.cases.map(({ final: _final, losses_torch32: _losses, ...rest }) => rest);
  return { json: { ...golden, cases }, tensors: () => cases.map((one) => one.test_logits_first100) };
});
