/** Tensors as files store them: in more types than convolt computes with, and read when they are asked for. */
import type { Shape } from '../core/shape.js';
import type { StoredType } from '../data/safetensors.js';

export interface StoredTensor {
  shape: Shape;
  type: StoredType;
  /** The elements, in the order of the shape, little-endian. @throws ERR_DATA if they are damaged. */
  bytes(): Promise<Uint8Array<ArrayBuffer>>;
}

/** What is in a file of weights. */
export interface WeightFile {
  /** By name, in the file's order. */
  tensors: Map<string, StoredTensor>;
  /** What a safetensors file says of itself. */
  metadata: Readonly<Record<string, string>>;
  /** Whether torch's own format says whose names and layouts these are. */
  isTorch: boolean;
}

/** A half-precision number (IEEE 754 binary16) from its bits. */
function halfOf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1, exponent = (bits >> 10) & 31, fraction = bits & 1023;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** Floats from the bytes of a float type; undefined for other types. */
export function floatsOf(type: StoredType, { buffer }: Uint8Array<ArrayBuffer>): Float32Array | undefined {
  switch (type) {
    case 'F32':
      return new Float32Array(buffer);
    case 'F64':
      return Float32Array.from(new Float64Array(buffer));
    case 'F16':
      return Float32Array.from(new Uint16Array(buffer), halfOf);
    case 'BF16':
      return new Float32Array(Uint32Array.from(new Uint16Array(buffer), (bits) => bits << 16).buffer);
    case 'I64':
    case 'I32':
    case 'I16':
    case 'I8':
    case 'U8':
    case 'BOOL':
      return undefined;
  }
}

/** Whole numbers from the bytes of a type of 32 or 64 bits; undefined for other types. */
export function integersOf(type: StoredType, { buffer }: Uint8Array<ArrayBuffer>): Int32Array | undefined {
  if (type === 'I64') return Int32Array.from(new BigInt64Array(buffer), Number);
  return type === 'I32' ? new Int32Array(buffer) : undefined;
}
