/** Every op of torch's golden cases, by its name there. */
import { activations } from './activations.js';
import { chains } from './chains.js';
import { convolutions } from './conv.js';
import type { GoldenOps } from './golden_op.js';
import { layoutOps } from './layout.js';
import { losses } from './losses.js';
import { normalisation } from './norm.js';
import { pooling } from './pooling.js';
import { products } from './products.js';
import { regions } from './regions.js';
import { sampling } from './sampling.js';

export const goldenOps: GoldenOps = {
  ...convolutions,
  ...pooling,
  ...normalisation,
  ...activations,
  ...products,
  ...layoutOps,
  ...sampling,
  ...regions,
  ...losses,
  ...chains,
};
