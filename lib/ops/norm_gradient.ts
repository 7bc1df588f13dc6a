/**
 * The gradients of normalisation as compositions of differentiable ops: what `createGraph` records, in float32. Without
 * it a native op computes them in two passes.
 */
import type { Shape } from '../core/shape.js';
import { OpNode, wantsGradient } from '../core/tape.js';
import type { Tensor } from '../core/tensor.js';
import { cast } from './cast.js';
import { add, affine, mul, sub } from './elementwise.js';
import { mean, sumTo } from './reduce.js';
import { reluGradient } from './unary.js';

/** x seen as [n,s,g,c], normalised over s and c. */
export interface NormView {
  n: number;
  s: number;
  g: number;
  c: number;
}

const overGroup = { axes: [1, 3], keepDims: true };

/** invstd = 1 / sqrt(variance + eps), which is known already, as a function of the variance. */
function inverseDeviation(variance: Tensor, known: Tensor): Tensor {
  const invstd = known.detach();
  if (wantsGradient({ variance }, ['variance'])) {
    const saved = invstd.alias();
    const slope = (): Tensor => affine(mul(saved, mul(saved, saved)), { scale: -0.5 });
    invstd.node = new OpNode('normalisation', [variance.node], (_, d) => mul(d, slope()), [{ tensor: saved, origin: 'own' }]);
  }
  return invstd;
}

/** What a normalisation knows of itself when its gradient is made. */
export interface Normalisation {
  x: Tensor;
  /** One value for each of g and c. */
  weight: Tensor | undefined;
  bias: Tensor | undefined;
  /** Of each group; [n,g] in any shape. */
  mean: Tensor;
  invstd: Tensor;
  view: NormView;
  /** Whether the mean is subtracted. */
  centred: boolean;
  /** Whether mean and deviation are those of x, or constants. */
  ownStatistics: boolean;
  /** Behind ReLU: its output, or 'again' to compute it anew. */
  reluOutput?: Tensor | 'again' | undefined;
}

/**
 * The gradients of y = relu((x - mean) * invstd * weight + bias), with or without ReLU:
 * dx = invstd (w dy - mean(w dy) - xhat mean(w dy xhat)), and dpassed, which is dy in front of ReLU.
 */
export function recordedGradients(dy: Tensor, known: Normalisation) {
  const { n, s, g, c } = known.view, shape = [n, s, g, c], perGroup = [n, 1, g, 1], perChannel = [1, 1, g, c];
  const seen = (tensor: Tensor, as: Shape): Tensor => cast(tensor, 'float32').reshape(as);
  const x = seen(known.x, shape), weight = known.weight?.reshape(perChannel), bias = known.bias?.reshape(perChannel);
  let centre = seen(known.mean, perGroup), invstd = seen(known.invstd, perGroup);
  if (known.ownStatistics && known.centred) centre = mean(x, overGroup);
  const deviation = sub(x, centre);
  if (known.ownStatistics) invstd = inverseDeviation(mean(mul(deviation, deviation), overGroup), invstd);
  const xhat = mul(deviation, invstd);

  let passed = seen(dy, shape);
  if (known.reluOutput !== undefined) {
    const scaled = weight ? mul(xhat, weight) : xhat;
    const y = known.reluOutput === 'again' ? (bias ? add(scaled, bias) : scaled) : seen(known.reluOutput, shape);
    passed = reluGradient(y, passed);
  }
  const weighted = weight ? mul(passed, weight) : passed;
  let slope = weighted;
  if (known.ownStatistics) {
    if (known.centred) slope = sub(slope, mean(weighted, overGroup));
    slope = sub(slope, mul(xhat, mean(mul(weighted, xhat), overGroup)));
  }
  const inTypeOfX = (gradient: Tensor): Tensor => cast(gradient, known.x.dtype).reshape(known.x.shape);
  return {
    dx: inTypeOfX(mul(slope, invstd)),
    dresidual: inTypeOfX(passed),
    dweight: sumTo(mul(passed, xhat), perChannel).reshape([g * c]),
    dbias: sumTo(passed, perChannel).reshape([g * c]),
  };
}
