/** Event files are read back by a reader that knows the formats alone: TFRecord and protocol buffers. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inflateSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { EventWriter } from '../../lib/train/index.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'convolt-events-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** CRC-32C bit by bit. */
function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return ~crc >>> 0;
}

function unmasked(masked: number): number {
  const rotated = (masked - 0xa282ead8) >>> 0;
  return ((rotated >>> 17) | (rotated << 15)) >>> 0;
}

test('the checksum is the one of RFC 3720', () => {
  expect(crc32c(Buffer.alloc(32))).toBe(0x8a9136aa);
  expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e);
});

/** The records of a file, whose checksums have to be right. */
function recordsOf(bytes: Buffer): Buffer[] {
  const records: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = Number(bytes.readBigUInt64LE(at));
    expect(unmasked(bytes.readUInt32LE(at + 8))).toBe(crc32c(bytes.subarray(at, at + 8)));
    const data = bytes.subarray(at + 12, at + 12 + length);
    expect(unmasked(bytes.readUInt32LE(at + 12 + length))).toBe(crc32c(data));
    records.push(data);
    at += 16 + length;
  }
  return records;
}

/** The fields of a message by number: whole numbers, or the bytes of all else. */
function fieldsOf(message: Buffer): Map<number, number | Buffer> {
  const fields = new Map<number, number | Buffer>();
  let at = 0;
  const varint = () => {
    let value = 0, scale = 1;
    for (; ; scale *= 128) {
      const byte = message[at++]!;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  while (at < message.length) {
    const key = varint(), kind = key & 7;
    if (kind === 0) {
      fields.set(key >>> 3, varint());
      continue;
    }
    const length = kind === 1 ? 8 : kind === 5 ? 4 : varint();
    fields.set(key >>> 3, message.subarray(at, (at += length)));
  }
  return fields;
}

const bytes = (value: number | Buffer | undefined): Buffer => {
  if (!Buffer.isBuffer(value)) throw new Error('expected bytes');
  return value;
};
const doubles = (value: number | Buffer | undefined): number[] => Array.from({ length: bytes(value).length / 8 }, (_, i) => bytes(value).readDoubleLE(8 * i));

test('scalars, images and histograms are read back', async () => {
  const writer = new EventWriter(path.join(folder, 'run'));
  writer.scalar('loss/train', 0.625, 3);
  await writer.flush();
  writer.image('filters', Uint8Array.of(0, 128, 255, 7, 8, 9), [1, 2, 3], 300);
  writer.histogram('weights', Float32Array.of(-1, 0, 0, 3, NaN), 5, 4);
  await writer.flush();
  expect(path.basename(writer.file)).toMatch(/^events\.out\.tfevents\.\d+\./);

  const [first, scalar, image, histogram, ...more] = recordsOf(await readFile(writer.file)).map(fieldsOf);
  expect(more).toEqual([]);
  expect(bytes(first!.get(3)).toString()).toBe('brain.Event:2');
  const events = [scalar!, image!, histogram!];
  for (const event of events) expect(Math.abs(doubles(event.get(1))[0]! - Date.now() / 1000)).toBeLessThan(60);
  expect(events.map((event) => event.get(2))).toEqual([3, 300, 5]);
  const [number, picture, spread] = events.map((event) => fieldsOf(bytes(fieldsOf(bytes(event.get(5))).get(1))));
  expect([number, picture, spread].map((value) => bytes(value!.get(1)).toString())).toEqual(['loss/train', 'filters', 'weights']);
  expect(bytes(number!.get(2)).readFloatLE()).toBe(0.625);

  const shown = fieldsOf(bytes(picture!.get(4)));
  expect([shown.get(1), shown.get(2), shown.get(3)]).toEqual([1, 2, 3]);
  const png = bytes(shown.get(4));
  expect([...inflateSync(png.subarray(41, 41 + png.readUInt32BE(33)))]).toEqual([0, 0, 128, 255, 7, 8, 9]);

  const bars = fieldsOf(bytes(spread!.get(5)));
  expect([1, 2, 3, 4, 5].map((field) => doubles(bars.get(field))[0])).toEqual([-1, 3, 4, 2, 10]);
  expect(doubles(bars.get(6))).toEqual([0, 1, 2, 3]);
  expect(doubles(bars.get(7))).toEqual([1, 2, 0, 1]);
});

test('a place that cannot be written is told', async () => {
  await expect(new EventWriter('/dev/null/run').flush()).rejects.toMatchObject({ code: 'ERR_FILE' });
});
