/** Classifiers that slide over larger images. */
import { Conv2d, Flatten, ImageLinear, Linear, linearToConv, Module, NamedSequential } from '../nn/index.js';
import { argumentError, isListOf, valueText } from '../ops/arguments.js';

export interface FullyConvolutionalOptions {
  /** What the classifier's first linear layer sees, [H,W,C]. Default: what the layer itself says, if it is over images. */
  image?: readonly [height: number, width: number, channels: number];
}

/**
 * The fully convolutional form of a classifier like AlexNet, VGG or LeNet-5: its first linear layer becomes a convolution of
 * the image that it sees, those behind it become 1 × 1 convolutions, and the whole gives, in one pass over a larger image,
 * the logits of every window, [N,H,W,C] to [N,P,Q,classes]. On an image of the published size, they are the model's own; they
 * are those of cropped windows as far as no convolution pads. An adaptive pooling between features and classifier, which
 * does nothing at the published size, is left out.
 *
 * J. Long, E. Shelhamer, T. Darrell, "Fully convolutional networks for semantic segmentation", arXiv:1411.4038; P. Sermanet et
 * al., "OverFeat", arXiv:1312.6229.
 *
 * @param model its features are shared with the result, its linear layers are copied.
 * @throws ERR_ARGUMENT if the model has not both parts, the classifier has no linear layer, or the first does not fit the image.
 */
export async function fullyConvolutional(
  model: { readonly features: Module; readonly classifier: Module },
  { image }: FullyConvolutionalOptions = {},
): Promise<NamedSequential> {
  const who = 'fullyConvolutional', layers: Record<string, Module> = {};
  const { features, classifier } = Object(model) as Partial<typeof model>;
  if (!(features instanceof Module) || !(classifier instanceof Module)) {
    throw argumentError(who, `expected a model with features and a classifier, but got ${valueText(model)}`);
  }
  if (image !== undefined && !isListOf(3, image)) throw argumentError(who, `expected image to be [H,W,C], but got ${valueText(image)}`);
  let isFirst = true;
  for (const [name, layer] of classifier.children()) {
    if (layer instanceof Flatten) continue;
    if (!(layer instanceof Linear)) {
      layers[name] = layer;
      continue;
    }
    const seen = isFirst ? (image ?? (layer instanceof ImageLinear ? layer.image : undefined)) : ([1, 1, layer.weight.shape[1]!] as const);
    if (!seen) throw argumentError(who, 'expected image, what the first linear layer sees, as that does not say it itself, but got undefined');
    layers[name] = await linearToConv(layer, seen);
    isFirst = false;
  }
  if (!Object.values(layers).some((layer) => layer instanceof Conv2d)) throw argumentError(who, 'expected a classifier of linear layers, but got one without');
  return new NamedSequential({ features, classifier: new NamedSequential(layers) });
}
