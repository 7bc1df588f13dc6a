import type { DType } from '../core/dtype.js';
import { ConvoltError } from '../core/errors.js';
import { scope } from '../core/scope.js';
import type { Tensor } from '../core/tensor.js';
import { cast, embedding } from '../ops/index.js';
import { checkCount } from './arguments.js';
import { normal, type Initializer } from './initializers.js';
import { Module, type ModuleOptions } from './module.js';
import { parameter, type Parameter } from './parameter.js';

export interface EmbeddingLayerOptions extends ModuleOptions {
  /** A row that starts as zeros and is not trained, for places that hold no word. Default none. */
  paddingIndex?: number;
  /** Of the vectors. Default {@link normal}. */
  initializer?: Initializer;
}

/** A vector [features] for each of `words` numbers. See {@link embedding}. */
export class Embedding extends Module {
  readonly weight: Parameter; // [words, features]
  readonly paddingIndex: number | undefined;

  constructor(words: number, features: number, options: EmbeddingLayerOptions = {}) {
    super();
    const { paddingIndex, initializer = normal() } = options;
    checkCount('Embedding', 'words', words);
    checkCount('Embedding', 'features', features);
    if (paddingIndex !== undefined && !(Number.isSafeInteger(paddingIndex) && paddingIndex >= 0 && paddingIndex < words)) {
      throw new ConvoltError('ERR_ARGUMENT', `Embedding: expected paddingIndex to be one of ${words} words, but got ${paddingIndex}`);
    }
    this.paddingIndex = paddingIndex;
    this.weight = parameter(
      [words, features],
      (shape, random) => {
        const values = initializer(shape, random);
        return paddingIndex === undefined ? values : values.fill(0, paddingIndex * features, (paddingIndex + 1) * features);
      },
      options,
    );
  }

  /** Of whole numbers of any type and shape: [...,features]. */
  override forward(index: Tensor<DType>): Tensor {
    return scope(() => embedding(this.weight, cast(index, 'int32'), { paddingIndex: this.paddingIndex }));
  }
}
