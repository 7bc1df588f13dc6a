import { numel } from '../../core/shape.js';
import type { Tensor } from '../../core/tensor.js';
import {
  add,
  affine,
  celu,
  clamp,
  elu,
  hardshrink,
  hardswish,
  leakyRelu,
  logSoftmax,
  minimum,
  mul,
  prelu,
  relu,
  sigmoid,
  softmax,
  softplus,
  softshrink,
  softsign,
  tanh,
  threshold,
  type SoftmaxOptions,
} from '../../ops/index.js';
import { image, type Call, type Operator, type Operators } from '../call.js';
import { Unsupported } from '../model.js';

const elementwise = (op: (x: Tensor, call: Call) => Tensor): Operator => (call) => {
  const { tensor, order } = call.asHeld(0);
  return [{ tensor: op(tensor, call), order }];
};

/** Before operator set 13 these go over the named axis and all behind it. */
function alongAxis(op: (x: Tensor, options: SoftmaxOptions) => Tensor): Operator {
  return (call) => {
    const shape = call.shape(0), isNewer = call.opset >= 13;
    const axis = call.number('axis', isNewer ? -1 : 1);
    if (isNewer) return [op(call.floats(0), { axis })];
    const before = axis < 0 ? axis + shape.length : axis;
    return [op(call.floats(0).reshape([numel(shape.slice(0, before)), numel(shape.slice(before))]), {}).reshape(shape)];
  };
}

export const activations: Operators = {
  Relu: elementwise((x) => relu(x)),
  Sigmoid: elementwise((x) => sigmoid(x)),
  Tanh: elementwise((x) => tanh(x)),
  Softplus: elementwise((x) => softplus(x)),
  Softsign: elementwise(softsign),
  HardSwish: elementwise(hardswish),
  Elu: elementwise((x, call) => elu(x, { alpha: call.number('alpha', 1) })),
  Celu: elementwise((x, call) => celu(x, { alpha: call.number('alpha', 1) })),
  LeakyRelu: elementwise((x, call) => leakyRelu(x, { negativeSlope: call.number('alpha', 0.01) })),
  ThresholdedRelu: elementwise((x, call) => threshold(x, { threshold: call.number('alpha', 1), value: 0 })),
  HardSigmoid: elementwise((x, call) => clamp(affine(x, { scale: call.number('alpha', 0.2), shift: call.number('beta', 0.5) }), { min: 0, max: 1 })),
  /** With constants of its own, so by way of elu. */
  Selu(call) {
    const alpha = call.number('alpha', 1.6732632423543772), gamma = call.number('gamma', 1.0507009873554805);
    return [affine(elu(call.floats(0), { alpha }), { scale: gamma })];
  },
  Shrink(call) {
    const lambda = call.number('lambd', 0.5), bias = call.number('bias', 0);
    if (bias !== 0 && bias !== lambda) throw new Unsupported('Shrink with a bias of its own');
    return [(bias === 0 ? hardshrink : softshrink)(call.floats(0), { lambda })];
  },
  /** A slope for each channel is prelu; others stretch as in arithmetic. */
  PRelu(call) {
    const x = call.floats(0), slope = call.floats(1), channels = x.shape[1] ?? 1;
    const isAligned = slope.shape[0] === channels && (call.opset < 7 || slope.shape.length === x.shape.length - 1);
    const isOfChannels = slope.numel === 1 || (slope.numel === channels && isAligned);
    if (isOfChannels) return [image(prelu(call.image(0), slope.reshape([slope.numel])))];
    return [add(relu(x), mul(slope, minimum(x, 0)))];
  },
  Softmax: alongAxis(softmax),
  LogSoftmax: alongAxis(logSoftmax),
};
