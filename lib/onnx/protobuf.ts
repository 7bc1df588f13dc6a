/**
 * Protocol buffers on the wire (protobuf.dev/programming-guides/encoding), as far as ONNX files need them: messages of
 * varints, numbers of fixed length, and bytes.
 */
import { ConvoltError } from '../core/errors.js';

/** A varint, or the bytes of a string, a message, a packed list or a number of fixed length. */
type Value = bigint | Uint8Array;

function malformed(expected: string, received: string): ConvoltError {
  return new ConvoltError('ERR_DATA', `protobuf: expected ${expected}, but got ${received}`);
}

/** Bytes of a varint of 64 bits. */
const longestVarint = 10;

/** Reads from front to back; what it gives are views of the bytes. */
class Reader {
  private readonly bytes: Uint8Array;
  private at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.at === this.bytes.length;
  }

  take(length: number): Uint8Array {
    const left = this.bytes.length - this.at;
    if (length > left) throw malformed(`${length} bytes`, `the ${left} that are left of a message that ends early`);
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  /** Seven bits a byte, the lowest first; the eighth says that there is another byte. */
  varint(): bigint {
    let result = 0n;
    for (let i = 0; i < longestVarint; i++) {
      const byte = this.take(1)[0]!;
      result |= BigInt(byte & 0x7f) << BigInt(7 * i);
      if (byte < 0x80) return BigInt.asUintN(64, result);
    }
    throw malformed(`a varint of at most ${longestVarint} bytes`, 'a longer one');
  }

  value(wireType: number): Value {
    switch (wireType) {
      case 0:
        return this.varint();
      case 1:
        return this.take(8);
      case 2:
        return this.take(Number(this.varint()));
      case 5:
        return this.take(4);
      default:
        throw malformed('wire type 0, 1, 2 or 5', String(wireType));
    }
  }
}

const utf8 = new TextDecoder();

/** A message that is read: the values of each field. What a field means is up to whoever asks for it. */
export class Message {
  private readonly fields = new Map<number, Value[]>();

  /** @throws ERR_DATA if the bytes are not a whole message. Messages inside of it are read when they are asked for. */
  constructor(bytes: Uint8Array) {
    const reader = new Reader(bytes);
    while (!reader.isAtEnd) {
      const tag = Number(reader.varint()), field = Math.floor(tag / 8);
      const values = this.fields.get(field) ?? [];
      this.fields.set(field, values);
      values.push(reader.value(tag % 8));
    }
  }

  /** The bytes of each occurrence of a field. */
  bytes(field: number): Uint8Array[] {
    return (this.fields.get(field) ?? []).filter((value) => typeof value !== 'bigint');
  }

  messages(field: number): Message[] {
    return this.bytes(field).map((bytes) => new Message(bytes));
  }

  /** The last occurrence of a message, which is empty if there is none. */
  message(field: number): Message {
    return new Message(this.bytes(field).at(-1) ?? new Uint8Array());
  }

  texts(field: number): string[] {
    return this.bytes(field).map((bytes) => utf8.decode(bytes));
  }

  text(field: number): string {
    return this.texts(field)[0] ?? '';
  }

  /** Signed 64-bit integers, packed or not; those beyond 2^53 are rounded. */
  integers(field: number): number[] {
    const found: number[] = [];
    for (const value of this.fields.get(field) ?? []) {
      if (typeof value === 'bigint') {
        found.push(Number(BigInt.asIntN(64, value)));
      } else {
        const reader = new Reader(value);
        while (!reader.isAtEnd) found.push(Number(BigInt.asIntN(64, reader.varint())));
      }
    }
    return found;
  }

  integer(field: number, preset = 0): number {
    return this.integers(field).at(-1) ?? preset;
  }

  /** Floats of 4 bytes, packed or not. */
  floats(field: number): Float64Array {
    return numbersOf(this.bytes(field), 4, (view, at) => view.getFloat32(at, true));
  }

  /** Floats of 8 bytes, packed or not. */
  doubles(field: number): Float64Array {
    return numbersOf(this.bytes(field), 8, (view, at) => view.getFloat64(at, true));
  }
}

/** Numbers of `size` bytes in pieces, one behind the other. @throws ERR_DATA if a piece ends within a number. */
export function numbersOf(pieces: readonly Uint8Array[], size: number, get: (view: DataView, at: number) => number): Float64Array {
  for (const { length } of pieces) if (length % size !== 0) throw malformed(`numbers of ${size} bytes`, `${length} bytes of them`);
  const result = new Float64Array(pieces.reduce((count, { length }) => count + length / size, 0));
  let i = 0;
  for (const piece of pieces) {
    const view = new DataView(piece.buffer, piece.byteOffset, piece.byteLength);
    for (let at = 0; at < piece.length; at += size) result[i++] = get(view, at);
  }
  return result;
}

/** Bytes of known length that are made when they are written. */
export interface DeferredBytes {
  length: number;
  read: () => Promise<Uint8Array>;
}

/** A message that is written, in pieces: large fields are never copied together, nor made before they are written. */
export class MessageWriter {
  private readonly pieces: (Uint8Array | DeferredBytes)[] = [];
  /** In bytes. */
  length = 0;

  private push(piece: Uint8Array | DeferredBytes): void {
    this.pieces.push(piece);
    this.length += piece.length;
  }

  private tag(field: number, wireType: number): void {
    this.push(varintBytes(field * 8 + wireType));
  }

  /** A signed 64-bit integer. */
  integer(field: number, value: number): this {
    this.tag(field, 0);
    this.push(varintBytes(value));
    return this;
  }

  /** Signed 64-bit integers, packed. */
  integers(field: number, values: readonly number[]): this {
    return this.bytes(field, Buffer.concat(values.map(varintBytes)));
  }

  /** A float of 4 bytes. */
  float(field: number, value: number): this {
    this.tag(field, 5);
    this.push(new Uint8Array(Float32Array.of(value).buffer));
    return this;
  }

  /** Floats of 4 bytes, packed. */
  floats(field: number, values: readonly number[]): this {
    return this.bytes(field, new Uint8Array(Float32Array.from(values).buffer));
  }

  text(field: number, value: string): this {
    return this.bytes(field, new TextEncoder().encode(value));
  }

  bytes(field: number, value: Uint8Array | DeferredBytes): this {
    this.tag(field, 2);
    this.push(varintBytes(value.length));
    this.push(value);
    return this;
  }

  message(field: number, { pieces, length }: MessageWriter): this {
    this.tag(field, 2);
    this.push(varintBytes(length));
    for (const piece of pieces) this.push(piece);
    return this;
  }

  /** The message's bytes, piece by piece. */
  async *read(): AsyncGenerator<Uint8Array> {
    for (const piece of this.pieces) yield piece instanceof Uint8Array ? piece : await piece.read();
  }
}

function varintBytes(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}
