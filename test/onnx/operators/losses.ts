import { crossEntropy, logSoftmax, type Reduction } from '../../../lib/ops/index.js';
import { image, type Operators } from '../call.js';

export const losses: Operators = {
  SoftmaxCrossEntropyLoss(call) {
    const logits = call.image(0), ignoreIndex = call.attribute('ignore_index');
    const loss = crossEntropy(logits, call.indices(1), {
      reduction: call.text('reduction', 'mean') as Reduction,
      weight: call.has(2) ? call.floats(2) : undefined,
      ignoreIndex: typeof ignoreIndex === 'number' ? ignoreIndex : undefined,
    });
    return [loss, image(logSoftmax(logits))];
  },
};
