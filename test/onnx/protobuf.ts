/** Reads protocol buffers on the wire (protobuf.dev/programming-guides/encoding), which is all that ONNX files need. */

/** A varint, or the bytes of a string, a message, a packed list or a number of fixed length. */
type Value = bigint | Uint8Array;

/** Reads from front to back. */
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
    const end = this.at + length;
    if (end > this.bytes.length) throw new Error('protobuf: expected a whole message, but it ends early');
    const taken = this.bytes.subarray(this.at, end);
    this.at = end;
    return taken;
  }

  /** Seven bits a byte, the lowest first; the eighth says that there is another byte. */
  varint(): bigint {
    let result = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = this.take(1)[0]!;
      result |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return result;
    }
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
        throw new Error(`protobuf: expected wire type 0, 1, 2 or 5, but got ${wireType}`);
    }
  }
}

/** A message: the values of each field. What a field means is up to whoever asks for it. */
export class Message {
  private readonly fields = new Map<number, Value[]>();

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

  texts(field: number): string[] {
    return this.bytes(field).map((bytes) => new TextDecoder().decode(bytes));
  }

  text(field: number): string {
    return this.texts(field)[0] ?? '';
  }

  /** Signed 64-bit integers, packed or not. */
  integers(field: number): number[] {
    const found: bigint[] = [];
    for (const value of this.fields.get(field) ?? []) {
      if (typeof value === 'bigint') {
        found.push(value);
      } else {
        const reader = new Reader(value);
        while (!reader.isAtEnd) found.push(reader.varint());
      }
    }
    return found.map((value) => Number(BigInt.asIntN(64, value)));
  }

  /** Floats of 4 bytes, packed or not. */
  floats(field: number): number[] {
    return this.bytes(field).flatMap((bytes) => littleEndian(bytes, 4, (view, at) => view.getFloat32(at, true)));
  }

  /** Floats of 8 bytes, packed or not. */
  doubles(field: number): number[] {
    return this.bytes(field).flatMap((bytes) => littleEndian(bytes, 8, (view, at) => view.getFloat64(at, true)));
  }
}

/** The numbers of `size` bytes that some bytes are made of. */
export function littleEndian(bytes: Uint8Array, size: number, get: (view: DataView, at: number) => number): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.length / size }, (_, i) => get(view, i * size));
}
