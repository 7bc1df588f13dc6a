/** Element types of tensors, and the typed arrays that hold them on the host. */

/** The types of real numbers. Arithmetic is in float32; the other two are for storage. */
export type Float = 'float32' | 'bfloat16' | 'float16';

export type DType = Float | 'int32' | 'uint8';

/** Elements on the host. The 16-bit floats are widened, as JavaScript has no arrays of them. */
export interface HostArrays {
  float32: Float32Array;
  bfloat16: Float32Array;
  float16: Float32Array;
  int32: Int32Array;
  uint8: Uint8Array;
}

export type HostArray = Float32Array | Int32Array | Uint8Array;

export const floatTypes: readonly Float[] = ['float32', 'bfloat16', 'float16'];

export function isFloat(dtype: DType): dtype is Float {
  return dtype !== 'int32' && dtype !== 'uint8';
}

export function isHalf(dtype: DType): dtype is 'bfloat16' | 'float16' {
  return dtype === 'bfloat16' || dtype === 'float16';
}

export function dtypeOf(data: HostArray): 'float32' | 'int32' | 'uint8' {
  if (data instanceof Float32Array) return 'float32';
  return data instanceof Int32Array ? 'int32' : 'uint8';
}

/** Copies plain numbers into a typed array that holds the given type on the host. */
export function hostArray(dtype: DType, values: readonly number[]): HostArray {
  switch (dtype) {
    case 'float32':
    case 'bfloat16':
    case 'float16':
      return Float32Array.from(values);
    case 'int32':
      return Int32Array.from(values);
    case 'uint8':
      return Uint8Array.from(values);
  }
}
