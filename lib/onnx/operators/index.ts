/** How to compute each operator of ONNX with convolt. What is not in the table, convolt does not have. */
import type { Operators } from '../call.js';
import { activations } from './activations.js';
import { arithmetic } from './arithmetic.js';
import { convolutions } from './conv.js';
import { layout } from './layout.js';
import { losses } from './losses.js';
import { sampling } from './sampling.js';
import { normalisation } from './normalisation.js';
import { pooling } from './pooling.js';
import { products } from './products.js';
import { reductions } from './reductions.js';
import { shapes } from './shapes.js';

export const operators: Operators = {
  ...activations,
  ...arithmetic,
  ...convolutions,
  ...layout,
  ...losses,
  ...sampling,
  ...normalisation,
  ...pooling,
  ...products,
  ...reductions,
  ...shapes,
};
