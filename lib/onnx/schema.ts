/** Numbers of fields and of types in ONNX's files (github.com/onnx/onnx, onnx/onnx.proto), by the names that they have there. */

export const fields = {
  model: { irVersion: 1, producerName: 2, producerVersion: 3, graph: 7, opsetImport: 8 },
  operatorSet: { domain: 1, version: 2 },
  graph: { node: 1, name: 2, initializer: 5, input: 11, output: 12, valueInfo: 13 },
  node: { input: 1, output: 2, name: 3, operator: 4, attribute: 5, domain: 7 },
  attribute: { name: 1, float: 2, integer: 3, text: 4, tensor: 5, graph: 6, floats: 7, integers: 8, texts: 9, type: 20 },
  tensor: { dims: 1, type: 2, floats: 4, int32s: 5, texts: 6, int64s: 7, name: 8, raw: 9, doubles: 10, uint64s: 11, external: 13, location: 14 },
  entry: { key: 1, value: 2 },
  declaration: { name: 1, type: 2 },
  type: { tensor: 1 },
  tensorType: { element: 1, shape: 2 },
  shape: { dim: 1 },
  dim: { value: 1, parameter: 2 },
} as const;

export const attributeTypes = { float: 1, integer: 2, text: 3, tensor: 4, floats: 6, integers: 7, texts: 8 } as const;

/** TensorProto.DataType. */
export const elementTypes = {
  float: 1, uint8: 2, int8: 3, uint16: 4, int16: 5, int32: 6, int64: 7, string: 8, bool: 9, float16: 10, double: 11,
  uint32: 12, uint64: 13, bfloat16: 16,
} as const;

export type ElementName = keyof typeof elementTypes;

/** What names of constants begin with that no training changes; other float tensors of a file are taken for weights. */
export const constantPrefix = 'constant/';
