/** Files that were cut off or changed: a module or one clear error, and nothing else. */
import { expect, test } from 'vitest';

import { ConvoltError } from '../../lib/core/errors.js';
import { Random } from '../../lib/core/random.js';
import { createModel } from '../../lib/models/index.js';
import { exportOnnx, importOnnx } from '../../lib/onnx/index.js';

/** What reading some bytes throws; undefined for a module. */
function outcome(bytes: Uint8Array): unknown {
  try {
    importOnnx(bytes, { device: 'cpu' }).dispose();
    return undefined;
  } catch (error) {
    return error;
  }
}

function expectClear(error: unknown, what: string): void {
  if (error === undefined) return;
  if (!(error instanceof ConvoltError)) throw new Error(`${what}: expected a ConvoltError`, { cause: error });
  expect(error.code, `${what}: ${error.message}`).toMatch(/^ERR_(DATA|ARGUMENT)$/);
  expect(error.message, what).toMatch(/expected /);
}

async function smallFile(): Promise<Uint8Array> {
  using model = createModel('smallnet', { device: 'cpu', classes: 2 });
  return (await exportOnnx(model, { inputShape: [1, 28, 28, 1] })).slice();
}

test('cut off anywhere', async () => {
  const bytes = await smallFile(), random = new Random(1);
  for (let i = 0; i < 4_000; i++) {
    const length = i < 1_000 ? i : random.integer(bytes.length);
    expectClear(outcome(bytes.subarray(0, length)), `${length} bytes`);
  }
});

test('bytes changed anywhere', async () => {
  const bytes = await smallFile(), random = new Random(2);
  for (let i = 0; i < 4_000; i++) {
    const changed = bytes.slice();
    for (let count = 1 + random.integer(4); count > 0; count--) {
      const reach = i % 2 === 0 ? 3_000 : changed.length; // nodes are in front, weights behind
      changed[random.integer(reach)] = random.integer(256);
    }
    expectClear(outcome(changed), `change ${i}`);
  }
});

test('claims beyond the file', () => {
  const claims = [
    [0x3a, 0xff, 0xff, 0xff, 0xff, 0x0f], // a graph of 4 GB
    [0x3a, 0x05, 0x2a, 0xff, 0xff, 0xff, 0x7f], // a tensor of 256 MB within 5 bytes
    [0x3a, 0x0a, 0x2a, 0x08, 0x08, 0xff, 0xff, 0xff, 0xff, 0x07, 0x10, 0x01], // a tensor of 2^31 floats, of which there are none
    Array<number>(40).fill(0xff), // a varint without an end
  ];
  for (const bytes of claims) expect(outcome(Uint8Array.from(bytes))).toBeInstanceOf(ConvoltError);
});
