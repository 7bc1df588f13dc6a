/** Outputs of layers inside of a network, by their names. */
import { didYouMean } from '../core/did_you_mean.js';
import { ConvoltError } from '../core/errors.js';
import { keep, scope, track } from '../core/scope.js';
import type { Tensor } from '../core/tensor.js';
import { checkList, valueText } from '../ops/arguments.js';
import { checkModel } from './check_model.js';
import { Module } from './module.js';

/** Ends a forward pass at the last layer that is asked for. */
class Reached extends Error {}

/** A module by its dotted name; '' is the model itself. @throws ERR_ARGUMENT, said by `who`, if there is none. */
export function layerNamed(who: string, model: Module, name: string): Module {
  checkModel(who, model);
  const layers = new Map(model.modules()), layer = layers.get(name);
  if (layer) return layer;
  const inner = [...layers.keys()].filter((known) => known !== '');
  const isText = typeof name === 'string', parent = isText ? name.slice(0, name.lastIndexOf('.') + 1) : '';
  const near = inner.filter((known) => known.startsWith(parent) && !known.slice(parent.length).includes('.'));
  const told = (near.length > 0 ? near : inner.filter((known) => !known.includes('.'))).join(', ');
  throw new ConvoltError('ERR_ARGUMENT', `${who}: expected a layer of ${model.constructor.name}, like ${told}, but got ${isText ? `"${name}"${didYouMean(name, inner)}` : valueText(name)}`);
}

export interface TapOptions {
  /** Whether the pass ends when all of the layers have run. Default true. */
  stop?: boolean;
}

/**
 * What layers inside of a model say of x, in one forward pass. Gradients flow through them as through the model's output.
 *
 *     const { 'features.3': maps } = nn.tap(model, x, ['features.3']);
 *
 * @param layers dotted names, as {@link Module.modules} has them; '' is the model itself.
 * @returns the layers' outputs by name; of a layer that runs more than once, the first.
 * @throws ERR_ARGUMENT if a name is none of a layer, or a layer does not run.
 */
export function tap<const Name extends string>(
  model: Module,
  x: Tensor,
  layers: readonly Name[],
  { stop = true }: TapOptions = {},
): Record<Name, Tensor> {
  checkList('tap', 'layers', layers, 'names');
  const found = new Map<string, Tensor>(), wanted = new Set<string>(layers);
  const remove = [...wanted].map((name) =>
    layerNamed('tap', model, name).registerForwardHook((_module, _input, output) => {
      if (found.has(name)) return;
      found.set(name, keep(sharing(output)));
      if (stop && found.size === wanted.size) throw new Reached();
    }),
  );
  try {
    scope(() => {
      model.forward(x);
    });
  } catch (error) {
    if (!(error instanceof Reached)) {
      for (const tensor of found.values()) tensor.dispose();
      throw error;
    }
  } finally {
    for (const hook of remove) hook();
  }
  for (const tensor of found.values()) track(tensor);
  const missing = layers.find((name) => !found.has(name));
  if (missing !== undefined) throw new ConvoltError('ERR_ARGUMENT', `tap: expected layers that run, but got "${missing}", which does not`);
  return Object.fromEntries(found) as Record<Name, Tensor>;
}

/** A tensor of its own with the same memory and the same place in the graph: its layer may free the one that it gave. */
function sharing(output: Tensor): Tensor {
  return output.reshape(output.shape);
}

/**
 * The part of a network up to a layer, as a module: x to the layer's output. What is behind the layer does not run. Its
 * tensors are the network's own, with `model.` in front of their names.
 */
export class FeatureExtractor extends Module {
  readonly model: Module;
  readonly layer: string;

  /** @param layer dotted name. @throws ERR_ARGUMENT if the model has no such layer. */
  constructor(model: Module, layer: string) {
    super();
    layerNamed('FeatureExtractor', model, layer);
    this.model = model;
    this.layer = layer;
  }

  override forward(x: Tensor): Tensor {
    return tap(this.model, x, [this.layer])[this.layer]!;
  }
}
