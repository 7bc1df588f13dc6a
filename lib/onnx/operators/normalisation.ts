import { add, affine, batchNorm, dropout, instanceNorm, layerNorm, localResponseNorm, mean, ones, randomState, rsqrt, sub, variance } from '../../ops/index.js';
import type { Tensor } from '../../core/tensor.js';
import { image, type Operators } from '../call.js';
import { Unsupported } from '../model.js';

/**
 * The running variance as ONNX has it, of the batch's biased variance; convolt's is of the unbiased one.
 *
 * @param rows values for each channel.
 */
function withBiasedVariance(unbiased: Tensor, before: Tensor, momentum: number, rows: number): Tensor {
  const old = affine(before, { scale: 1 - momentum });
  return add(affine(sub(unbiased, old), { scale: (rows - 1) / rows }), old);
}

export const normalisation: Operators = {
  BatchNormalization(call) {
    const isTrainingFile = call.number('training_mode', 0) === 1, training = isTrainingFile || call.training;
    const own = (input: number) => (isTrainingFile ? affine(call.floats(input), { scale: 1 }) : call.floats(input)); // new ones are outputs there
    const runningMean = own(3), runningVar = own(4);
    const momentum = 1 - call.number('momentum', 0.9); // of the new values, where ONNX has that of the old ones
    const options = { weight: call.floats(1), bias: call.floats(2), runningMean, runningVar, momentum, eps: call.number('epsilon', 1e-5), training };
    const x = call.image(0), y = image(batchNorm(x, options));
    if (!isTrainingFile) return [y];
    return [y, runningMean, withBiasedVariance(runningVar, call.floats(4), momentum, x.numel / runningVar.numel)];
  },
  InstanceNormalization(call) {
    return [image(instanceNorm(call.image(0), { weight: call.floats(1), bias: call.floats(2), eps: call.number('epsilon', 1e-5) }))];
  },
  /** Of the axes from the named one on. The mean and the reciprocal of the deviation are outputs too. */
  LayerNormalization(call) {
    const shape = call.shape(0), axis = call.number('axis', -1), first = axis < 0 ? axis + shape.length : axis;
    const axes = shape.map((_, i) => i).slice(first), eps = call.number('epsilon', 1e-5);
    const x = call.floats(0), weight = call.floats(1), bias = call.has(2) ? call.floats(2) : undefined;
    const invstd = rsqrt(add(variance(x, { axes, correction: 0, keepDims: true }), eps));
    return [layerNorm(x, { axes, weight, bias, eps }), mean(x, { axes, keepDims: true }), invstd];
  },
  /** Of each channel over all images. */
  MeanVarianceNormalization(call) {
    if (call.list('axes') && String(call.list('axes')) !== '0,2,3') throw new Unsupported('MeanVarianceNormalization over other axes');
    return [image(batchNorm(call.image(0), { training: true, eps: 0 }))];
  },
  /** Of evaluation, and of training at probability 0: random elements are others here than there. */
  Dropout(call) {
    const isTraining = call.numbers(2)?.[0] === 1, probability = call.numbers(1)?.[0] ?? call.number('ratio', 0.5);
    if (isTraining && probability > 0) throw new Unsupported('Dropout of random elements');
    const x = call.floats(0), random = randomState(0, call.device);
    return [dropout(x, { probability, training: isTraining, random }), ones(x.shape, { device: call.device })];
  },
  LRN(call) {
    const settings = { size: call.number('size', 1), alpha: call.number('alpha', 1e-4), beta: call.number('beta', 0.75), k: call.number('bias', 1) };
    return [image(localResponseNorm(call.image(0), settings))];
  },
};
