/** Networks, each in one file. */
export { LeNet5 } from './lenet5.js';
export type { ModelOptions } from './options.js';
export { createModel, modelName, modelNames, type ModelName } from './registry.js';
export { SmallNet } from './smallnet.js';
