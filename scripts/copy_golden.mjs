// Copies torch's golden values of the ops and optimisers into test/golden:
//   node scripts/copy_golden.mjs FOLDER      (with ops and optim, each a .json and a .safetensors)
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const [, , folder] = process.argv;
if (!folder) {
  console.error('copy_golden: expected the folder of the golden values, but got nothing');
  process.exit(2);
}

/** One case a line, so that a change of one is seen. */
function lines(golden) {
  const { cases, ...rest } = golden;
  const list = cases.map((golden) => `  ${JSON.stringify(golden)}`).join(',\n');
  return `${JSON.stringify(rest).slice(0, -1)},"cases":[\n${list}\n]}\n`;
}

const target = new URL('../test/golden/', import.meta.url);
for (const name of ['ops', 'optim']) {
  const golden = JSON.parse(readFileSync(path.join(folder, `${name}.json`), 'utf8'));
  copyFileSync(path.join(folder, `${name}.safetensors`), new URL(`${name}.safetensors`, target));
  writeFileSync(new URL(`${name}.json`, target), lines(golden));
  console.log(`test/golden/${name}: ${golden.cases.length} cases`);
}
