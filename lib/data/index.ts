export { Dataset } from './dataset.js';
export { fashionMnist, fashionMnistClasses, type FashionMnistOptions } from './fashion_mnist.js';
export { decodeIdx, encodeIdx, type IdxArray } from './idx.js';
export { batches, type Batch, type BatchOptions } from './loader.js';
export { decodeSafetensors, encodeSafetensors, readSafetensors, writeFileAtomically, writeSafetensors, type HostTensor, type Safetensors } from './safetensors.js';
