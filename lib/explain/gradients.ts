/** Which pixels a network's answer depends on, by gradients. All run the model in evaluation and leave it as it is. */
import { keep, scope, track } from '../core/scope.js';
import { grad, nodesBelow } from '../core/tape.js';
import type { Tensor } from '../core/tensor.js';
import { BatchNorm1d, BatchNorm2d, BatchNorm3d, type Module } from '../nn/index.js';
import { checkModel } from '../nn/check_model.js';
import { inEvaluation } from '../nn/in_evaluation.js';
import { layerNamed } from '../nn/tap.js';
import { argumentError, checkFloats, checkOptions } from '../ops/arguments.js';
import { abs, interpolate, max, mean, mul, relu, sum } from '../ops/index.js';
import { shapeText } from '../core/shape.js';
import { targetScores, type Target } from './score.js';

/** The gradient of the target's logits for x, [N,H,W,C]; `prepare` sees the logits before. Call it in a scope. */
function inputGradient(who: string, model: Module, x: Tensor, target: Target, prepare: (scores: Tensor) => void = () => undefined): Tensor {
  checkModel(who, model);
  checkFloats(who, { x });
  return inEvaluation(model, () => {
    const leaf = x.detach();
    leaf.requiresGrad = true;
    const scores = targetScores(who, model.forward(leaf), target);
    prepare(scores);
    return grad(sum(scores), [leaf])[0]!;
  });
}

/**
 * Saliency: how much each pixel changes a class's logit, the largest |∂ logit / ∂ x| of its channels.
 *
 * K. Simonyan, A. Vedaldi, A. Zisserman, "Deep inside convolutional networks", arXiv:1312.6034.
 *
 * @param x images [N,H,W,C] as the model takes them.
 * @param target the class, or one for each image.
 * @returns [N,H,W].
 * @throws ERR_ARGUMENT if the model does not give logits, or the target is none of its classes.
 */
export function saliency(model: Module, x: Tensor, target: Target): Tensor {
  return scope(() => max(abs(inputGradient('saliency', model, x, target)), { axes: [-1] }));
}

const isRelu = (name: string): boolean => name === 'relu' || name === 'relu6';

/**
 * Guided backpropagation: the gradient of a class's logit for x, in which each ReLU passes on what is above 0 alone.
 *
 * J. Springenberg et al., "Striving for simplicity: the all convolutional net", arXiv:1412.6806.
 *
 * @param x images [N,H,W,C].
 * @returns [N,H,W,C].
 * @throws ERR_ARGUMENT as {@link saliency} does.
 */
export function guidedBackprop(model: Module, x: Tensor, target: Target): Tensor {
  checkModel('guidedBackprop', model);
  // ReLUs of their own are ops on the tape; those within a batch normalisation are known to the layer only.
  const layers = [...model.modules()].flatMap(([, layer]) => (isNormWithRelu(layer) ? [layer] : []));
  const stops = layers.map((layer) =>
    layer.registerForwardHook((_layer, _input, output) => {
      output.registerHook(relu);
    }),
  );
  try {
    const guide = ({ node }: Tensor): void => {
      for (const op of node ? nodesBelow(node) : []) if (isRelu(op.name)) op.hooks.push(relu);
    };
    return scope(() => inputGradient('guidedBackprop', model, x, target, guide));
  } finally {
    for (const stop of stops) stop();
  }
}

function isNormWithRelu(layer: Module): boolean {
  const isNorm = layer instanceof BatchNorm1d || layer instanceof BatchNorm2d || layer instanceof BatchNorm3d;
  return isNorm && layer.activation === 'relu';
}

/**
 * Grad-CAM: where a layer's channels, weighted by how much the logit depends on each, say that the class is:
 * relu(sum over k of a[k] A[n,p,q,k]) with a[k] the mean of ∂ logit / ∂ A[n,·,·,k] over all places.
 *
 * R. Selvaraju et al., "Grad-CAM: visual explanations from deep networks via gradient-based localization",
 * arXiv:1610.02391.
 *
 * @param x images [N,H,W,C].
 * @param options layer: the dotted name of one that gives images, usually the last.
 * @returns [N,H,W], at least 0, interpolated to the images' extents.
 * @throws ERR_ARGUMENT as {@link saliency} does, and if the layer is none or gives no images.
 */
export function gradCam(model: Module, x: Tensor, target: Target, options: { layer: string }): Tensor {
  checkOptions('gradCam', options, "{ layer: 'features.3' }");
  const { layer } = options;
  let maps: Tensor | undefined, gradients: Tensor | undefined;
  const stop = layerNamed('gradCam', model, layer).registerForwardHook((_layer, _input, output) => {
    if (output.shape.length !== 4) throw argumentError('gradCam', `expected a layer that gives [N,P,Q,K], but "${layer}" gives ${shapeText(output.shape)}`);
    maps = keep(output.detach()); // whatever scope the layer is in
    output.registerHook((gradient) => {
      gradients = gradient.detach();
    });
  });
  return scope(() => {
    try {
      inputGradient('gradCam', model, x, target);
    } finally {
      stop();
      if (maps) track(maps);
    }
    if (!maps || !gradients) throw argumentError('gradCam', `expected a layer that the logits depend on, but got "${layer}"`);
    const weights = mean(gradients, { axes: [1, 2], keepDims: true }); // [N,1,1,K]
    const cam = relu(sum(mul(maps, weights), { axes: [-1], keepDims: true })); // [N,P,Q,1]
    const [n = 0, h = 0, w = 0] = x.shape;
    return interpolate(cam, { size: [h, w], mode: 'bilinear' }).reshape([n, h, w]);
  });
}
