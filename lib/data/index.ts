export {
  Dataset, type Corrupt, type DatasetOptions, type ImageRead, type MapOptions, type Sample, type SplitOptions,
} from './dataset.js';
export { cifar10, cifar100, type Cifar100Options, type CifarOptions } from './cifar.js';
export type { DecodeOptions } from './decode.js';
export { fashionMnist, fashionMnistClasses, type FashionMnistOptions } from './fashion_mnist.js';
export { decodeIdx, encodeIdx, type IdxArray } from './idx.js';
export { imageFolder, type ImageFolderOptions } from './image_folder.js';
export { mnist, type MnistOptions } from './mnist.js';
export { parquet, type ParquetOptions } from './parquet.js';
export { tarShards, type TarShardsOptions } from './tar_shards.js';
export { batches, type Batch, type BatchOptions } from './loader.js';
export {
  decodeSafetensors, encodeSafetensors, readSafetensors, writeFileAtomically, writeSafetensors, type HostTensor,
  type Safetensors,
} from './safetensors.js';
