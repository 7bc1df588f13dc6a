import { tensor, type Tensor } from '../../lib/core/tensor.js';
import {
  contrastiveLoss,
  cosineEmbeddingLoss,
  cosineSimilarity,
  infoNceLoss,
  marginRankingLoss,
  normalize,
  ntXentLoss,
  pairwiseDistance,
  tripletMarginLoss,
  zeros,
  type ContrastOptions,
  type LossOptions,
  type NormalizeOptions,
  type PairwiseDistanceOptions,
  type TripletMarginLossOptions,
} from '../../lib/ops/index.js';
import { awayFromZero, normal, type NdArray } from './array.js';
import { describeOp, type OpCase } from './harness.js';
import { elementwise, reduced, reductions, rowwise, sides, total } from './loss_reference.js';

const dot = (a: readonly number[], b: readonly number[]) => total(a.map((value, i) => value * b[i]!));
const cosine = (a: readonly number[], b: readonly number[]) => dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
const distance = (a: readonly number[], b: readonly number[], p = 2, eps = 1e-6) =>
  total(a.map((value, i) => Math.abs(value - b[i]! + eps) ** p)) ** (1 / p);

/** A target of sides for tests that take no gradient of it. */
function sidesLike(x: Tensor, shape: readonly number[], other: -1 | 0): Tensor {
  const count = shape.reduce((product, extent) => product * extent, 1);
  return tensor(Float32Array.from(sides(count, other)), { shape, device: x.device });
}

const pair = { a: normal([4, 5]), b: normal([4, 5]) };

describeOp<'a' | 'b', { axis?: number }>({
  name: 'cosineSimilarity',
  cases: [
    { name: 'last axis', inputs: pair, options: {} },
    { name: 'vectors of two images', inputs: { a: normal([2, 3, 4]), b: normal([2, 3, 4]) }, options: { axis: 2 } },
    { name: 'no vectors', inputs: { a: normal([0, 3]), b: normal([0, 3]) }, options: {} },
  ],
  run: ({ a, b }, options) => cosineSimilarity(a!, b!, options),
  reference: ({ a, b }) => rowwise([a!, b!], (u, v) => cosine(u, v)),
  errors: [
    {
      name: 'no axis',
      act: (on) => cosineSimilarity(zeros([], { device: on }), zeros([], { device: on })),
      message: 'cosineSimilarity: expected a to have at least one axis, but got shape []',
    },
    {
      name: 'shapes differ',
      act: (on) => cosineSimilarity(zeros([2, 3], { device: on }), zeros([2, 1], { device: on })),
      message: 'cosineSimilarity: expected b to have shape [2,3], like a, but got [2,1]',
    },
  ],
});

describeOp<'a' | 'b', PairwiseDistanceOptions>({
  name: 'pairwiseDistance',
  cases: [{}, { p: 1 }, { p: 3 }, { p: 1.5, eps: 0.01 }, { keepDims: true }].map((options) => ({ name: JSON.stringify(options), inputs: pair, options })),
  run: ({ a, b }, options) => pairwiseDistance(a!, b!, options),
  reference: ({ a, b }, { p = 2, eps = 1e-6, keepDims = false }) => {
    const distances = rowwise([a!, b!], (u, v) => distance(u, v, p, eps));
    return keepDims ? { ...distances, shape: [...distances.shape, 1] } : distances;
  },
  errors: [
    {
      name: 'p',
      act: (on) => pairwiseDistance(zeros([2], { device: on }), zeros([2], { device: on }), { p: Infinity }),
      message: /^pairwiseDistance: expected p to be a finite number of at least .*, but got Infinity$/,
    },
  ],
});

describeOp<'x', NormalizeOptions>({
  name: 'normalize',
  cases: [{}, { p: 1 }, { p: 3 }].map((options) => ({ name: JSON.stringify(options), inputs: { x: awayFromZero([3, 4]) }, options })),
  run: ({ x }, options) => normalize(x!, options),
  reference: ({ x }, { p = 2 }) => {
    const norms = rowwise([x!], (row) => total(row.map((value) => Math.abs(value) ** p)) ** (1 / p));
    return { shape: x!.shape, data: x!.data.map((value, i) => value / norms.data[Math.floor(i / 4)]!) };
  },
});

type Margin = LossOptions & { margin?: number };
const margins: Margin[] = [...reductions.map((reduction) => ({ reduction })), { margin: 0.2, reduction: 'none' }];

describeOp<'a' | 'b', Margin>({
  name: 'marginRankingLoss',
  cases: margins.map((options) => ({ name: JSON.stringify(options), inputs: pair, options })),
  run({ a, b }, options) {
    using target = sidesLike(a!, a!.shape, -1);
    return marginRankingLoss(a!, b!, target, options);
  },
  reference: ({ a, b }, { margin = 0, reduction }) => {
    const target: NdArray = { shape: a!.shape, data: Float64Array.from(sides(20, -1)) };
    return reduced(elementwise([a!, b!, target], (u, v, t) => Math.max(0, -t * (u - v) + margin)), reduction);
  },
});

describeOp<'a' | 'b', Margin>({
  name: 'cosineEmbeddingLoss',
  cases: margins.map((options) => ({ name: JSON.stringify(options), inputs: pair, options })),
  run({ a, b }, options) {
    using target = sidesLike(a!, [4], -1);
    return cosineEmbeddingLoss(a!, b!, target, options);
  },
  reference: ({ a, b }, { margin = 0, reduction }) => {
    const cosines = rowwise([a!, b!], (u, v) => cosine(u, v)), target = sides(4, -1);
    return reduced({ ...cosines, data: cosines.data.map((value, i) => (target[i] === 1 ? 1 - value : Math.max(0, value - margin))) }, reduction);
  },
  errors: [
    {
      name: 'number of targets',
      act: (on) => cosineEmbeddingLoss(zeros([2, 3], { device: on }), zeros([2, 3], { device: on }), zeros([3], { device: on })),
      message: 'cosineEmbeddingLoss: expected target to have shape [2], one for each vector of a [2,3], but got [3]',
    },
  ],
});

describeOp<'a' | 'b', Margin>({
  name: 'contrastiveLoss',
  cases: [...margins, { margin: 4, reduction: 'none' as const }].map((options) => ({ name: JSON.stringify(options), inputs: pair, options })),
  run({ a, b }, options) {
    using similar = sidesLike(a!, [4], 0);
    return contrastiveLoss(a!, b!, similar, options);
  },
  reference: ({ a, b }, { margin = 1, reduction }) => {
    const distances = rowwise([a!, b!], (u, v) => distance(u, v)), similar = sides(4, 0);
    const losses = distances.data.map((d, i) => (similar[i] === 1 ? d ** 2 : Math.max(0, margin - d) ** 2) / 2);
    return reduced({ ...distances, data: losses }, reduction);
  },
});

describeOp<'anchor' | 'positive' | 'negative', TripletMarginLossOptions>({
  name: 'tripletMarginLoss',
  cases: [...reductions.map((reduction) => ({ reduction })), { swap: true, margin: 2 }, { p: 1, margin: 3, swap: true, reduction: 'none' as const }].map(
    (options) => ({ name: JSON.stringify(options), inputs: { anchor: normal([4, 5]), positive: normal([4, 5]), negative: normal([4, 5]) }, options }),
  ),
  run: ({ anchor, positive, negative }, options) => tripletMarginLoss(anchor!, positive!, negative!, options),
  reference: ({ anchor, positive, negative }, { margin = 1, p = 2, swap = false, reduction }) =>
    reduced(
      rowwise([anchor!, positive!, negative!], (a, same, other) => {
        const far = distance(a, other, p), across = distance(same, other, p);
        return Math.max(0, distance(a, same, p) - (swap ? Math.min(far, across) : far) + margin);
      }),
      reduction,
    ),
});

/** Cross-entropy of similarities with the one at `own`. */
function crossEntropy(similarities: readonly number[], own: number): number {
  return Math.log(total(similarities.map((value) => Math.exp(value - similarities[own]!))));
}

const rowsOf = ({ shape, data }: NdArray) => Array.from({ length: shape[0]! }, (_, i) => [...data.subarray(i * shape[1]!, (i + 1) * shape[1]!)]);

function contrastCases(): OpCase<'a' | 'b', ContrastOptions>[] {
  return [{}, { reduction: 'sum' as const }, { reduction: 'none' as const, temperature: 0.7 }].map((options) => ({
    name: JSON.stringify(options),
    inputs: pair,
    options,
    gradientTolerance: 2e-5,
  }));
}

describeOp<'a' | 'b', ContrastOptions>({
  name: 'infoNceLoss',
  cases: [...contrastCases(), { name: 'one pair', inputs: { a: normal([1, 3]), b: normal([1, 3]) }, options: {} }],
  run: ({ a, b }, options) => infoNceLoss(a!, b!, options),
  reference: ({ a, b }, { temperature = 0.1, reduction }) => {
    const keys = rowsOf(b!);
    const losses = rowsOf(a!).map((query, i) => crossEntropy(keys.map((key) => cosine(query, key) / temperature), i));
    return reduced({ shape: [losses.length], data: Float64Array.from(losses) }, reduction);
  },
  errors: [
    {
      name: 'no vectors',
      act: (on) => infoNceLoss(zeros([0, 3], { device: on }), zeros([0, 3], { device: on })),
      message: 'infoNceLoss: expected queries to have at least one vector, but got shape [0,3]',
    },
  ],
});

describeOp<'a' | 'b', ContrastOptions>({
  name: 'ntXentLoss',
  cases: contrastCases(),
  run: ({ a, b }, options) => ntXentLoss(a!, b!, options),
  reference: ({ a, b }, { temperature = 0.5, reduction }) => {
    const views = [...rowsOf(a!), ...rowsOf(b!)], n = views.length / 2;
    const losses = views.map((view, i) => {
      const partner = (i + n) % (2 * n);
      const others = views.flatMap((other, j) => (j === i ? [] : [cosine(view, other) / temperature]));
      return crossEntropy(others, partner > i ? partner - 1 : partner);
    });
    return reduced({ shape: [losses.length], data: Float64Array.from(losses) }, reduction);
  },
});
