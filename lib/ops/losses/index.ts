export { crossEntropy, type CrossEntropyOptions } from './cross_entropy.js';
export type { LossOptions, Reduction } from './loss.js';
export { mseLoss } from './regression.js';
