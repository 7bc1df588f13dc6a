/** Weights from files and into files. */
export { loadWeights, saveWeights, type LoadedWeights, type LoadWeightsOptions } from './load.js';
