import type { Tensor } from '../../lib/core/tensor.js';
import {
  boxArea,
  boxConvert,
  boxIou,
  clipBoxes,
  completeBoxIou,
  completeBoxIouLoss,
  distanceBoxIou,
  distanceBoxIouLoss,
  generalizedBoxIou,
  generalizedBoxIouLoss,
  zeros,
  type BoxFormat,
  type BoxLossOptions,
  type Reduction,
} from '../../lib/ops/index.js';
import { compute, count, ndarray, normal, type Generator, type NdArray } from './array.js';
import { describeOp, type OpCase } from './harness.js';

/** Boxes of x1, y1, x2, y2 in an area of the given extent; some overlap and some do not. */
function boxes(shape: readonly number[], extent = 8): Generator {
  return (random) => {
    const corners = Array.from({ length: count(shape) / 4 }, () => {
      const x = random.uniform() * extent, y = random.uniform() * extent;
      return [x, y, x + 1.5 + 3 * random.uniform(), y + 1.5 + 3 * random.uniform()];
    });
    return ndarray(shape, (i) => corners.flat()[i]!);
  };
}

type Box = readonly [x1: number, y1: number, x2: number, y2: number];

function boxAt({ data }: NdArray, i: number): Box {
  const [x1 = NaN, y1 = NaN, x2 = NaN, y2 = NaN] = data.subarray(4 * i, 4 * i + 4);
  return [x1, y1, x2, y2];
}

type Kind = 'iou' | 'generalized' | 'distance' | 'complete';

/** How well two boxes agree; losses add eps to the areas too. Where no gradient flows to alpha, it is given. */
function agreement(kind: Kind, [ax1, ay1, ax2, ay2]: Box, [bx1, by1, bx2, by2]: Box, eps: number, areaEps: number, constantAlpha?: number): number {
  const shared = Math.max(Math.min(ax2, bx2) - Math.max(ax1, bx1), 0) * Math.max(Math.min(ay2, by2) - Math.max(ay1, by1), 0);
  const union = (ax2 - ax1) * (ay2 - ay1) + (bx2 - bx1) * (by2 - by1) - shared, iou = shared / (union + areaEps);
  const width = Math.max(ax2, bx2) - Math.min(ax1, bx1), height = Math.max(ay2, by2) - Math.min(ay1, by1);
  if (kind === 'iou') return iou;
  if (kind === 'generalized') return iou - (width * height - union) / (width * height + areaEps);
  const distance = Math.hypot((ax1 + ax2 - bx1 - bx2) / 2, (ay1 + ay2 - by1 - by2) / 2);
  const near = iou - distance ** 2 / (width ** 2 + height ** 2 + eps);
  if (kind === 'distance') return near;
  const v = ((2 / Math.PI) * (Math.atan2(ax2 - ax1, ay2 - ay1) - Math.atan2(bx2 - bx1, by2 - by1))) ** 2;
  return near - (constantAlpha ?? v / (1 - iou + v + eps)) * v;
}

/** alpha of the complete IoU, from two other measures. */
function alphaOf(a: Box, b: Box, eps: number, areaEps: number): number {
  const v = agreement('complete', a, b, eps, areaEps, 0) - agreement('complete', a, b, eps, areaEps, 1);
  return v / (1 - agreement('iou', a, b, eps, areaEps) + v + eps);
}

const pairwise = { iou: boxIou, generalized: generalizedBoxIou, distance: distanceBoxIou, complete: completeBoxIou };
const losses = { generalized: generalizedBoxIouLoss, distance: distanceBoxIouLoss, complete: completeBoxIouLoss };

/**
 * The reference of a case is called with its own inputs, moved by small steps for the gradient: alpha stays that of the
 * first call.
 */
interface Alphas {
  alphas: Map<NdArray, number[]>;
}

function alphasOf({ alphas }: Alphas, a: NdArray, compute: () => number[]): number[] {
  const known = alphas.get(a) ?? compute();
  alphas.set(a, known);
  return known;
}

interface PairSettings extends Alphas {
  kind: Kind;
}

describeOp<'a' | 'b', PairSettings>({
  name: 'agreement of all pairs of boxes',
  cases: (['iou', 'generalized', 'distance', 'complete'] as const).flatMap((kind): OpCase<'a' | 'b', PairSettings>[] => {
    const options = () => ({ kind, alphas: new Map<NdArray, number[]>() });
    const tolerance = { tolerance: 2e-6, gradientTolerance: 2e-5 };
    return [
      { name: kind, inputs: { a: boxes([5, 4]), b: boxes([6, 4]) }, options: options(), ...tolerance },
      { name: `${kind}, one pair that is close`, inputs: { a: boxes([1, 4], 0.5), b: boxes([1, 4], 0.5) }, options: options(), ...tolerance },
      { name: `${kind}, no boxes`, inputs: { a: boxes([0, 4]), b: boxes([3, 4]) }, options: options() },
      { name: `${kind}, no other boxes`, inputs: { a: boxes([2, 4]), b: boxes([0, 4]) }, options: options() },
    ];
  }),
  run: ({ a, b }, { kind }) => pairwise[kind](a as Tensor, b as Tensor),
  reference: ({ a, b }, settings) => {
    const first = a as NdArray, second = b as NdArray, n = first.shape[0]!, m = second.shape[0]!;
    const alphas = alphasOf(settings, first, () =>
      Array.from({ length: n * m }, (_, i) => alphaOf(boxAt(first, Math.floor(i / m)), boxAt(second, i % m), 1e-7, 0)),
    );
    return compute([n, m], ([i = 0, j = 0], at) => agreement(settings.kind, boxAt(first, i), boxAt(second, j), 1e-7, 0, alphas[at]));
  },
  errors: [
    {
      name: 'shape of a',
      act: (on) => boxIou(zeros([3, 5], { device: on }), zeros([2, 4], { device: on })),
      message: 'boxIou: expected a to have shape [N,4], rows of x1, y1, x2, y2, but got [3,5]',
    },
    {
      name: 'shape of b',
      act: (on) => completeBoxIou(zeros([3, 4], { device: on }), zeros([4], { device: on })),
      message: 'completeBoxIou: expected b to have shape [M,4], rows of x1, y1, x2, y2, but got [4]',
    },
    {
      name: 'eps',
      act: (on) => distanceBoxIou(zeros([3, 4], { device: on }), zeros([3, 4], { device: on }), { eps: -1 }),
      message: 'distanceBoxIou: expected eps to be a finite number of at least 0, but got -1',
    },
  ],
});

interface LossSettings extends Alphas {
  kind: Exclude<Kind, 'iou'>;
  options: BoxLossOptions;
}

describeOp<'a' | 'b', LossSettings>({
  name: 'losses of boxes',
  cases: (['generalized', 'distance', 'complete'] as const).flatMap((kind) =>
    ([undefined, 'none', 'mean', 'sum'] as const).flatMap((reduction): OpCase<'a' | 'b', LossSettings>[] => {
      const settings = (eps?: number) => ({ kind, options: { reduction, eps }, alphas: new Map<NdArray, number[]>() });
      const tolerance = { tolerance: 4e-6, gradientTolerance: 2e-5 };
      return [
        { name: `${kind}, ${reduction}`, inputs: { a: boxes([2, 3, 4], 3), b: boxes([2, 3, 4], 3) }, options: settings(), ...tolerance },
        { name: `${kind}, ${reduction}, a large eps`, inputs: { a: boxes([7, 4]), b: boxes([7, 4]) }, options: settings(0.25), ...tolerance },
        { name: `${kind}, ${reduction}, one box`, inputs: { a: boxes([4], 1), b: boxes([4], 1) }, options: settings(), ...tolerance },
        { name: `${kind}, ${reduction}, no boxes`, inputs: { a: boxes([0, 4]), b: boxes([0, 4]) }, options: settings() },
      ];
    }),
  ),
  run: ({ a, b }, { kind, options }) => losses[kind](a as Tensor, b as Tensor, options),
  reference: ({ a, b }, settings) => {
    const first = a as NdArray, second = b as NdArray, { kind, options: { reduction = 'none', eps = 1e-7 } } = settings;
    const shape = first.shape.slice(0, -1);
    const alphas = alphasOf(settings, first, () =>
      Array.from({ length: count(shape) }, (_, i) => alphaOf(boxAt(first, i), boxAt(second, i), eps, eps)),
    );
    const each = compute(shape, (_, i) => 1 - agreement(kind, boxAt(first, i), boxAt(second, i), eps, eps, alphas[i]));
    if (reduction === 'none') return each;
    const total = each.data.reduce((sum, value) => sum + value, 0);
    return { shape: [], data: Float64Array.of(reduction === 'mean' ? total / Math.max(each.data.length, 1) : total) };
  },
  errors: [
    {
      name: 'shapes differ',
      act: (on) => generalizedBoxIouLoss(zeros([3, 4], { device: on }), zeros([2, 4], { device: on })),
      message: 'generalizedBoxIouLoss: expected b to have shape [3,4], like a, but got [2,4]',
    },
    {
      name: 'no boxes',
      act: (on) => completeBoxIouLoss(zeros([4, 3], { device: on }), zeros([4, 3], { device: on })),
      message: 'completeBoxIouLoss: expected a to have shape [...,4], four numbers for each box, but got [4,3]',
    },
    {
      name: 'reduction',
      act: (on) => distanceBoxIouLoss(zeros([3, 4], { device: on }), zeros([3, 4], { device: on }), { reduction: 'max' as Reduction }),
      message: "distanceBoxIouLoss: expected reduction to be 'mean' or 'sum' or 'none', but got 'max'",
    },
  ],
});

/** A box's numbers in another format, by way of its centre. */
function converted(box: readonly number[], from: BoxFormat, to: BoxFormat): number[] {
  const [a = NaN, b = NaN, c = NaN, d = NaN] = box;
  const width = from === 'xyxy' ? c - a : c, height = from === 'xyxy' ? d - b : d;
  const x = from === 'cxcywh' ? a : a + width / 2, y = from === 'cxcywh' ? b : b + height / 2;
  if (to === 'cxcywh') return [x, y, width, height];
  const corner = [x - width / 2, y - height / 2];
  return to === 'xywh' ? [...corner, width, height] : [...corner, x + width / 2, y + height / 2];
}

const formats = ['xyxy', 'xywh', 'cxcywh'] as const;

describeOp<'boxes', { from: BoxFormat; to: BoxFormat }>({
  name: 'formats of boxes',
  cases: [
    ...formats.flatMap((from) => formats.map((to) => ({ name: `${from} to ${to}`, inputs: { boxes: normal([2, 3, 4]) }, options: { from, to } }))),
    { name: 'one box', inputs: { boxes: normal([4]) }, options: { from: 'xywh', to: 'cxcywh' } },
    { name: 'no boxes', inputs: { boxes: normal([0, 4]) }, options: { from: 'xywh', to: 'xyxy' } },
  ],
  run: ({ boxes }, { from, to }) => boxConvert(boxes as Tensor, from, to),
  reference: ({ boxes }, { from, to }) => {
    const given = boxes as NdArray;
    return compute(given.shape, (_, i) => converted(boxAt(given, Math.floor(i / 4)), from, to)[i % 4]!);
  },
  errors: [
    {
      name: 'format',
      act: (on) => boxConvert(zeros([2, 4], { device: on }), 'xyxy', 'xyhw' as 'xywh'),
      message: "boxConvert: expected to to be 'xyxy' or 'xywh' or 'cxcywh', but got 'xyhw'",
    },
    {
      name: 'shape',
      act: (on) => boxConvert(zeros([2, 5], { device: on }), 'xyxy', 'xywh'),
      message: 'boxConvert: expected boxes to have shape [...,4], four numbers for each box, but got [2,5]',
    },
  ],
});

describeOp<'boxes', object>({
  name: 'area of boxes',
  cases: [
    { name: 'several', inputs: { boxes: boxes([2, 3, 4]) }, options: {} },
    { name: 'one', inputs: { boxes: boxes([4]) }, options: {} },
    { name: 'none', inputs: { boxes: boxes([0, 4]) }, options: {} },
  ],
  run: ({ boxes }) => boxArea(boxes as Tensor),
  reference: ({ boxes }) => {
    const given = boxes as NdArray;
    return compute(given.shape.slice(0, -1), (_, i) => {
      const [x1, y1, x2, y2] = boxAt(given, i);
      return (x2 - x1) * (y2 - y1);
    });
  },
});

describeOp<'boxes', { size: readonly [number, number] }>({
  name: 'clipping of boxes',
  cases: [
    { name: 'several', inputs: { boxes: normal([2, 5, 4], 4, 3) }, options: { size: [4, 6.5] } },
    { name: 'none', inputs: { boxes: normal([0, 4]) }, options: { size: [4, 6.5] } },
  ],
  run: ({ boxes }, { size }) => clipBoxes(boxes as Tensor, size),
  reference: ({ boxes }, { size: [height, width] }) => {
    const given = boxes as NdArray;
    return compute(given.shape, (_, i) => Math.min(Math.max(given.data[i]!, 0), i % 2 === 0 ? width : height));
  },
  errors: [
    {
      name: 'size',
      act: (on) => clipBoxes(zeros([2, 4], { device: on }), [4, -1]),
      message: 'clipBoxes: expected the width to be a number of at least 0, but got -1',
    },
  ],
});
