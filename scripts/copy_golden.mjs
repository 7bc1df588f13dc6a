// Copies torch's golden values of the ops, the optimisers and a few small networks into test/golden:
//   node scripts/copy_golden.mjs FOLDER      (with ops, optim and models, each a .json and a .safetensors, and grads.json)
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const [, , folder] = process.argv;
if (!folder) {
  console.error('copy_golden: expected the folder of the golden values, but got nothing');
  process.exit(2);
}

/** Those that the tests run; `npm run golden` runs all. */
const networks = {
  models: [
    'densenet121', 'efficientnet_b0', 'googlenet', 'lraspp_mobilenet_v3_large', 'mnasnet0_5', 'mobilenet_v2', 'mobilenet_v3_small', 'r3d_18',
    'regnet_y_400mf', 'resnet18', 'resnext50_32x4d', 'shufflenet_v2_x0_5', 'squeezenet1_1', 'swin_t', 'swin_v2_t',
  ],
  grads: ['googlenet', 'mobilenet_v3_small', 'shufflenet_v2_x0_5', 'squeezenet1_1'],
};

const read = (name) => JSON.parse(readFileSync(path.join(folder, name), 'utf8'));

/** One case a line, so that a change of one is seen. */
function lines(golden, key) {
  const { [key]: cases, ...rest } = golden;
  const list = cases.map((golden) => `  ${JSON.stringify(golden)}`).join(',\n');
  return `${JSON.stringify(rest).slice(0, -1)},${JSON.stringify(key)}:[\n${list}\n]}\n`;
}

/** A safetensors file with some of another's tensors. */
function withTensors(bytes, names) {
  const length = Number(bytes.readBigUInt64LE()), { __metadata__, ...all } = JSON.parse(bytes.subarray(8, 8 + length).toString());
  const header = { __metadata__ }, bodies = [];
  let offset = 0;
  for (const name of names) {
    const { data_offsets: [begin, end], ...entry } = all[name];
    header[name] = { ...entry, data_offsets: [offset, (offset += end - begin)] };
    bodies.push(bytes.subarray(8 + length + begin, 8 + length + end));
  }
  const text = Buffer.from(JSON.stringify(header)), padding = Buffer.alloc((8 - (text.length % 8)) % 8, ' '), size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(text.length + padding.length));
  return Buffer.concat([size, text, padding, ...bodies]);
}

const target = new URL('../test/golden/', import.meta.url);
for (const name of ['ops', 'optim']) {
  const golden = read(`${name}.json`);
  copyFileSync(path.join(folder, `${name}.safetensors`), new URL(`${name}.safetensors`, target));
  writeFileSync(new URL(`${name}.json`, target), lines(golden, 'cases'));
  console.log(`test/golden/${name}: ${golden.cases.length} cases`);
}
for (const [file, names] of Object.entries(networks)) {
  const { detection: _detection, models, ...rest } = read(`${file}.json`);
  const chosen = models.filter(({ name }) => names.includes(name));
  writeFileSync(new URL(`${file}.json`, target), lines({ ...rest, models: chosen }, 'models'));
  console.log(`test/golden/${file}: ${chosen.length} networks`);
}
const outputs = read('models.json').models.filter(({ name }) => networks.models.includes(name)).map(({ output }) => output);
writeFileSync(new URL('models.safetensors', target), withTensors(readFileSync(path.join(folder, 'models.safetensors')), outputs));
