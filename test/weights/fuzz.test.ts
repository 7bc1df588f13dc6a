/** Files of weights that are cut short and changed at random: they are read or refused, and nothing worse. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

import { ConvoltError } from '../../lib/core/errors.js';
import { bytesSource } from '../../lib/weights/byte_source.js';
import { PickleGlobal, unpickle } from '../../lib/weights/unpickle.js';
import { openWeights } from '../../lib/weights/weight_file.js';
import { TestRandom } from '../ops/array.js';
import { fixture } from './files.js';
import { mutated } from './mutated.js';

const files = ['views.pt', 'views_legacy.pth', 'code.pt', 'code_legacy.pth', 'shufflenet.safetensors'].map((name) => {
  return { name, bytes: readFileSync(fixture(name)) };
});

/** Reads all of a file; no tensor has more bytes than the file. Returns whether that went well. */
async function read(bytes: Uint8Array): Promise<boolean> {
  try {
    const { tensors } = await openWeights(bytesSource('file', bytes));
    for (const stored of tensors.values()) expect((await stored.bytes()).length).toBeLessThanOrEqual(bytes.length);
    return true;
  } catch (error) {
    if (error instanceof ConvoltError && error.code === 'ERR_DATA') return false;
    throw error;
  }
}

// Few bytes of a safetensors file of a network are its header: the rest is cut off, so that most changes meet it.
const safetensors = (bytes: Uint8Array): Uint8Array => {
  const header = { a: { dtype: 'F32', shape: [2, 3], data_offsets: [0, 24] }, b: { dtype: 'I64', shape: [], data_offsets: [24, 32] } };
  const text = Buffer.from(JSON.stringify(header)), length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, bytes.subarray(-32)]);
};

test('sixty thousand damaged files', async () => {
  const random = new TestRandom(1);
  let whole = 0, refused = 0;
  for (let i = 0; i < 60_000; i++) {
    const { name, bytes } = files[i % files.length]!;
    if (await read(mutated(name.endsWith('.safetensors') ? safetensors(bytes) : bytes, random))) whole++;
    else refused++;
  }
  expect(whole + refused).toBe(60_000);
  expect(whole).toBeGreaterThan(1000);
  expect(refused).toBeGreaterThan(10_000);
});

test('forty thousand damaged pickles, behind the checksums of archives', () => {
  const random = new TestRandom(2);
  const original = readFileSync(fixture('views_legacy.pth')).subarray(0, 1000);
  const globals = new Map([
    ['collections.OrderedDict', new PickleGlobal(() => new Map())],
    ['torch._utils._rebuild_tensor_v2', new PickleGlobal(([storage]) => storage)],
    ['torch.DoubleStorage', new PickleGlobal()],
  ]);
  class Refused extends Error {}
  let whole = 0;
  for (let i = 0; i < 40_000; i++) {
    const bytes = mutated(original, random);
    try {
      for (let at = 0, count = 0; count < 5; count++) {
        at = unpickle(bytes, { globals, persistent: (id) => id, wrong: (what) => new Refused(what), at }).end;
        expect(at).toBeLessThanOrEqual(bytes.length);
      }
      whole++;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
    }
  }
  expect(whole).toBeLessThan(40_000);
});
