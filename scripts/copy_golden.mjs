// Copies the golden values of the ops at hand from torch's full set into test/golden:
//   node scripts/copy_golden.mjs FOLDER      (the folder with ops.json and ops.safetensors)
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const [, , folder] = process.argv;
if (!folder) {
  console.error('copy_golden: expected the folder of the golden values, but got nothing');
  process.exit(2);
}

const whole = [
  'conv1d', 'conv2d', 'conv3d', 'max_pool1d', 'max_pool2d', 'max_pool3d', 'batch_norm_train', 'batch_norm_eval', 'relu', 'tanh',
  'sigmoid', 'linear', 'mse_loss', 'chain_conv_bn_residual_ce',
];

/** Whether convolt has the op with these attributes. */
function supported({ op, attrs, inputs }) {
  if (op.startsWith('avg_pool')) return !attrs.ceil_mode && attrs.divisor_override === null;
  if (op === 'softmax') return attrs.dim === 1;
  // Labels only: no class weights, no ignored labels, no probabilities.
  if (op === 'cross_entropy') return !inputs.cw && attrs.ignore_index === undefined && attrs.note === undefined;
  return whole.includes(op);
}

const golden = JSON.parse(readFileSync(path.join(folder, 'ops.json'), 'utf8'));
const bytes = readFileSync(path.join(folder, 'ops.safetensors'));
const headerLength = Number(bytes.readBigUInt64LE(0));
const entries = JSON.parse(bytes.toString('utf8', 8, 8 + headerLength));

/** The tensors of a case, by their names in the file. */
function tensorsOf({ inputs, outputs, cotangents = {}, grads = {} }) {
  return [inputs, outputs, cotangents, grads].flatMap(Object.values).filter((name) => name !== null);
}

const mostBytes = 13_000; // of a case: the large ones show nothing more, and the repository stays small
const bytesOf = (name) => entries[name].data_offsets[1] - entries[name].data_offsets[0];
const cases = golden.cases
  .filter(supported)
  .map(({ outputs: { indices, ...outputs }, ...rest }) => ({ ...rest, outputs }))
  .filter((golden) => tensorsOf(golden).reduce((total, name) => total + bytesOf(name), 0) <= mostBytes);
const names = cases.flatMap(tensorsOf);

const header = { __metadata__: entries.__metadata__ };
const parts = [];
let offset = 0;
for (const name of names) {
  const { data_offsets: [begin, end], ...entry } = entries[name];
  header[name] = { ...entry, data_offsets: [offset, offset + end - begin] };
  parts.push(bytes.subarray(8 + headerLength + begin, 8 + headerLength + end));
  offset += end - begin;
}
const text = JSON.stringify(header);
const padded = text.padEnd(Math.ceil(text.length / 8) * 8);
const length = Buffer.alloc(8);
length.writeBigUInt64LE(BigInt(padded.length));

const target = new URL('../test/golden/', import.meta.url);
writeFileSync(new URL('ops.safetensors', target), Buffer.concat([length, Buffer.from(padded), ...parts]));
writeFileSync(new URL('ops.json', target), `${JSON.stringify({ torch: golden.torch, cases }, null, 1)}\n`);
console.log(`test/golden/ops: ${cases.length} cases, ${names.length} tensors, ${offset} bytes`);
