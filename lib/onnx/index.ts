/** ONNX files: models written as such, and read from such. */
export { exportOnnx, writeOnnx, type OnnxExportOptions, type OnnxWriteOptions } from './export.js';
export { importOnnx, OnnxModule, readOnnx, type OnnxImportOptions } from './import.js';
export type { OnnxTensor } from './model.js';
