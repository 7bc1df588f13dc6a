/** Optimisers, and learning rates over a run. */
export { Adadelta, type AdadeltaOptions } from './adadelta.js';
export { Adagrad, type AdagradOptions } from './adagrad.js';
export { Adam, AdamW, type AdamOptions } from './adam.js';
export { Adamax, type AdamaxOptions } from './adamax.js';
export { ASGD, type ASGDOptions } from './asgd.js';
export { FlatParameters } from './flat_parameters.js';
export { LAMB, type LAMBOptions } from './lamb.js';
export { LARS, type LARSOptions } from './lars.js';
export { Lion, type LionOptions } from './lion.js';
export { Lookahead, type LookaheadOptions } from './lookahead.js';
export { LossScaler, type LossScalerOptions } from './loss_scaler.js';
export { Muon, type MuonOptions } from './muon.js';
export { NAdam, type NAdamOptions } from './nadam.js';
export { Optimizer, type OptimizerState } from './optimizer.js';
export { decayWeightsOnly, type OptimizedParameters, type ParameterGroup, type ParameterRange } from './parameter_groups.js';
export { Plateau, type PlateauOptions, type PlateauState } from './plateau.js';
export { RAdam, type RAdamOptions } from './radam.js';
export { RMSprop, type RMSpropOptions } from './rmsprop.js';
export { Rprop, type RpropOptions } from './rprop.js';
export {
  constant,
  cosine,
  cosineRestarts,
  cyclic,
  exponential,
  linearRamp,
  multiStepDecay,
  oneCycle,
  polynomial,
  stepDecay,
  type ConstantOptions,
  type CosineOptions,
  type CosineRestartsOptions,
  type CyclicOptions,
  type LinearRampOptions,
  type MultiStepDecayOptions,
  type OneCycleOptions,
  type PolynomialOptions,
  type Schedule,
  type StepDecayOptions,
} from './schedules.js';
export { SAM, type SAMOptions } from './sam.js';
export { SGD, type SGDOptions } from './sgd.js';
export { EMA, SWA, type EMAOptions, type WeightAverage } from './weight_average.js';
