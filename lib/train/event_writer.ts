/**
 * TensorBoard's event files: records of TFRecord (length, checksum, data, checksum), each an Event message in protocol
 * buffers (tensorflow/core/util/event.proto and framework/summary.proto).
 */
import { appendFile, mkdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';

import { ConvoltError } from '../core/errors.js';
import { encodePng } from './png.js';

const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc;
});

/** CRC-32C (RFC 3720, B.4), masked as TFRecord does, so that checksums of checksums differ. */
function maskedCrc(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crcTable[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8);
  crc = (crc ^ 0xffffffff) >>> 0;
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = BigInt(Math.trunc(value));
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return Buffer.from([...bytes, Number(rest)]);
}

/** A field: its number, how its value is written, and that. */
const wholeField = (number: number, value: number) => Buffer.concat([varint(number << 3), varint(value)]);
const bytesField = (number: number, value: Uint8Array) => Buffer.concat([varint((number << 3) | 2), varint(value.length), value]);
const textField = (number: number, value: string) => bytesField(number, Buffer.from(value));
function doubleField(number: number, value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return Buffer.concat([varint((number << 3) | 1), bytes]);
}
function floatField(number: number, value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return Buffer.concat([varint((number << 3) | 5), bytes]);
}
function doublesField(number: number, values: readonly number[]): Buffer {
  return bytesField(number, Buffer.from(Float64Array.from(values).buffer));
}

function record(data: Uint8Array): Buffer {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(data.length));
  const checksum = (bytes: Uint8Array) => {
    const written = Buffer.alloc(4);
    written.writeUInt32LE(maskedCrc(bytes));
    return written;
  };
  return Buffer.concat([length, checksum(length), data, checksum(data)]);
}

/** Writes what training measures where TensorBoard finds it: `tensorboard --logdir FOLDER`. */
export class EventWriter {
  readonly file: string;
  private readonly folder: string;
  private waiting: Buffer[] = [];

  /** @param folder made by the first flush(). */
  constructor(folder: string) {
    this.folder = folder;
    this.file = join(folder, `events.out.tfevents.${Math.floor(Date.now() / 1000)}.${hostname()}.${process.pid}`);
    this.event(0, textField(3, 'brain.Event:2'));
  }

  /** A number at a step. */
  scalar(tag: string, value: number, step: number): void {
    this.value(tag, step, floatField(2, value));
  }

  /** An image [H,W,C] at a step; one channel is grey, three are RGB. */
  image(tag: string, pixels: Uint8Array, shape: readonly [number, number, 1 | 3], step: number): void {
    const [height, width, channels] = shape;
    const image = Buffer.concat([wholeField(1, height), wholeField(2, width), wholeField(3, channels), bytesField(4, encodePng(pixels, shape))]);
    this.value(tag, step, bytesField(4, image));
  }

  /** How numbers are spread, at a step. @param buckets of equal width. Default 30. */
  histogram(tag: string, values: Float32Array, step: number, buckets = 30): void {
    const finite = values.filter(Number.isFinite);
    const least = finite.reduce((low, value) => Math.min(low, value), Infinity), most = finite.reduce((high, value) => Math.max(high, value), -Infinity);
    if (finite.length === 0) return;
    const width = (most - least) / buckets || 1;
    const counts = Array<number>(buckets).fill(0);
    for (const value of finite) counts[Math.min(buckets - 1, Math.floor((value - least) / width))]!++;
    const sum = finite.reduce((total, value) => total + value, 0), squares = finite.reduce((total, value) => total + value * value, 0);
    const numbers = [least, most, finite.length, sum, squares].map((value, i) => doubleField(i + 1, value));
    const limits = counts.map((_, i) => least + width * (i + 1));
    this.value(tag, step, bytesField(5, Buffer.concat([...numbers, doublesField(6, limits), doublesField(7, counts)])));
  }

  /** Puts everything so far into the file. @throws ERR_FILE if it cannot be written. */
  async flush(): Promise<void> {
    const records = this.waiting.splice(0);
    try {
      await mkdir(this.folder, { recursive: true });
      await appendFile(this.file, Buffer.concat(records));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new ConvoltError('ERR_FILE', `${this.file}: expected a file that can be written, but got ${reason}`, { cause: error });
    }
  }

  private value(tag: string, step: number, what: Buffer): void {
    this.event(step, bytesField(5, bytesField(1, Buffer.concat([textField(1, tag), what]))));
  }

  private event(step: number, what: Buffer): void {
    this.waiting.push(record(Buffer.concat([doubleField(1, Date.now() / 1000), wholeField(2, step), what])));
  }
}
