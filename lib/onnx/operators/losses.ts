import { crossEntropy, logSoftmax, nllLoss, type ClassLossOptions, type Reduction } from '../../ops/index.js';
import { image, type Call, type Operators } from '../call.js';

function options(call: Call): ClassLossOptions {
  const ignoreIndex = call.attribute('ignore_index');
  return {
    reduction: call.text('reduction', 'mean') as Reduction,
    weight: call.has(2) ? call.floats(2) : undefined,
    ignoreIndex: typeof ignoreIndex === 'number' ? ignoreIndex : undefined,
  };
}

export const losses: Operators = {
  NegativeLogLikelihoodLoss: (call) => [nllLoss(call.image(0), call.indices(1), options(call))],
  SoftmaxCrossEntropyLoss(call) {
    const logits = call.image(0);
    return [crossEntropy(logits, call.indices(1), options(call)), image(logSoftmax(logits))];
  },
};
