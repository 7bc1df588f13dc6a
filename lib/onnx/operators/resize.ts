/** Resize and Upsample with every choice of coordinates, rounding and kernel: each axis is a map of its own. */
import { tensor, type Tensor } from '../../core/tensor.js';
import { add, mul } from '../../ops/index.js';
import { resampleAxes, type AxisMap, type Term } from '../../ops/resample.js';
import { image, type Call, type Result } from '../call.js';
import { Unsupported } from '../model.js';

/** One axis: extents, output / input extent as the file has it, and the part of the input that is cropped. */
interface Axis {
  input: number;
  output: number;
  scale: number;
  crop: readonly [start: number, end: number];
}

/** Where an output lies in the input, by coordinate_transformation_mode. */
const places: Record<string, (at: number, axis: Axis) => number> = {
  half_pixel: (at, { scale }) => (at + 0.5) / scale - 0.5,
  pytorch_half_pixel: (at, { scale, output }) => (output > 1 ? (at + 0.5) / scale - 0.5 : 0),
  align_corners: (at, { scale, input }) => (scale * input === 1 ? 0 : (at * (input - 1)) / (scale * input - 1)),
  asymmetric: (at, { scale }) => at / scale,
  tf_half_pixel_for_nn: (at, { scale }) => (at + 0.5) / scale,
  tf_crop_and_resize: (at, { input, output, crop: [start, end] }) =>
    output > 1 ? start * (input - 1) + (at * (end - start) * (input - 1)) / (output - 1) : 0.5 * (start + end) * (input - 1),
};

/** The element that stands for a place, by nearest_mode. */
const roundings: Record<string, (place: number) => number> = {
  round_prefer_floor: (place) => Math.ceil(place - 0.5),
  round_prefer_ceil: (place) => Math.floor(place + 0.5),
  floor: Math.floor,
  ceil: Math.ceil,
};

/** What stands under a name in a table of choices. */
function chosen<T>(table: Record<string, T>, name: string): T {
  const found = table[name];
  if (found === undefined) throw new Unsupported(`Resize with ${name}`);
  return found;
}

/** The cubic kernel of R. Keys, 1981, with slope a at distance 1. */
function cubic(distance: number, a: number): number {
  const x = Math.abs(distance);
  if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? ((x - 5) * x + 8) * x * a - 4 * a : 0;
}

/** The elements that a mode weighs at a place, which may lie outside of the input. */
function neighbours(call: Call, mode: string): (place: number) => Term[] {
  if (mode === 'nearest') {
    const round = chosen(roundings, call.text('nearest_mode', call.opset < 11 ? 'floor' : 'round_prefer_floor'));
    return (place) => [{ index: round(place), weight: 1 }];
  }
  if (mode !== 'linear' && mode !== 'cubic') throw new Unsupported(`Resize with ${mode}`);
  const a = call.number('cubic_coeff_a', -0.75), reach = mode === 'linear' ? 1 : 2;
  const weightAt = (distance: number) => (mode === 'linear' ? Math.max(0, 1 - Math.abs(distance)) : cubic(distance, a));
  return (place) => Array.from({ length: 2 * reach }, (_, i) => Math.floor(place) + 1 - reach + i).map((index) => ({ index, weight: weightAt(place - index) }));
}

/** Neighbours outside count as the border, or with `excludes` not at all. */
function inside(terms: readonly Term[], input: number, excludes: boolean): Term[] {
  if (!excludes) return terms.map(({ index, weight }) => ({ index: Math.min(Math.max(index, 0), input - 1), weight }));
  const kept = terms.filter(({ index }) => index >= 0 && index < input), total = kept.reduce((sum, { weight }) => sum + weight, 0);
  return kept.map(({ index, weight }) => ({ index, weight: weight / total }));
}

/** Puts `value` where the place of an output lies outside of the input. y [N,...,C] */
function extrapolated(y: Tensor, isInside: readonly boolean[][], value: number): Tensor {
  return isInside.reduce((result, flags, axis) => {
    const shape = y.shape.map((_, i) => (i === axis + 1 ? flags.length : 1));
    const share = (inside: number, outside: number) => tensor(Float32Array.from(flags, (flag) => (flag ? inside : outside)), { shape, device: y.device });
    return add(mul(result, share(1, 0)), share(0, value));
  }, y);
}

/** @param scalesInput the number of the input that may have scales; sizes are input 3. */
export function resize(call: Call, scalesInput: number): Result[] {
  const spatial = call.shape(0).slice(2), scales = call.numbers(scalesInput), sizes = call.numbers(3), crop = call.numbers(scalesInput - 1) ?? [];
  const coordinates = call.text('coordinate_transformation_mode', call.opset < 11 ? 'asymmetric' : 'half_pixel');
  const placeOf = chosen(places, coordinates), termsAt = neighbours(call, call.text('mode', 'nearest'));
  const excludes = call.number('exclude_outside', 0) === 1, crops = coordinates === 'tf_crop_and_resize', rank = spatial.length + 2;

  const axes = spatial.map((input, i): Axis => {
    const output = sizes?.[i + 2] ?? Math.floor(input * scales![i + 2]!);
    return { input, output, scale: sizes ? output / input : scales![i + 2]!, crop: crops ? [crop[i + 2]!, crop[i + 2 + rank]!] : [0, 1] };
  });
  const maps = axes.map((axis, i) => {
    const { input, output, scale } = axis;
    const choices = [call.text('mode', ''), call.text('nearest_mode', ''), call.number('cubic_coeff_a', 0)];
    const map: AxisMap = {
      key: ['onnx resize', coordinates, call.opset < 11, scale, excludes, ...axis.crop, ...choices].join(' '),
      size: input,
      count: output,
      row: (at) => inside(termsAt(placeOf(at, axis)), input, excludes),
    };
    return { axis: i + 1, map };
  });
  const y = resampleAxes('interpolate', call.image(0), maps);
  if (!crops) return [image(y)];
  const isInside = axes.map((axis) => Array.from({ length: axis.output }, (_, at) => placeOf(at, axis)).map((place) => place >= 0 && place <= axis.input - 1));
  return [image(extrapolated(y, isInside, call.number('extrapolation_value', 0)))];
}
