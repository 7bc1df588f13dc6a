/** Weights from files and into files. */
export { loadWeights, saveWeights, type LoadedWeights, type LoadWeightsOptions } from './load.js';
export { decodeTfjsWeights, loadKerasMobileNetV2, readTfjsWeights } from './tfjs.js';
