/** Optimisers, and learning rates over a run. */
export { Adam, AdamW, type AdamOptions } from './adam.js';
export { FlatParameters } from './flat_parameters.js';
export { Optimizer, type OptimizerState } from './optimizer.js';
export { cosine, type Schedule } from './schedules.js';
export { SGD, type SGDOptions } from './sgd.js';
