/** Element types of tensors, and the typed arrays that hold them on the host. */

export interface HostArrays {
  float32: Float32Array;
  int32: Int32Array;
  uint8: Uint8Array;
}

export type DType = keyof HostArrays;
export type HostArray = HostArrays[DType];

export function dtypeOf(data: HostArray): DType {
  if (data instanceof Float32Array) return 'float32';
  return data instanceof Int32Array ? 'int32' : 'uint8';
}

/** Copies plain numbers into a typed array of the given type. */
export function hostArray(dtype: DType, values: readonly number[]): HostArray {
  switch (dtype) {
    case 'float32':
      return Float32Array.from(values);
    case 'int32':
      return Int32Array.from(values);
    case 'uint8':
      return Uint8Array.from(values);
  }
}
