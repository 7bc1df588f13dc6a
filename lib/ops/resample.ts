/**
 * Linear maps along one axis: each output is a weighted sum of a few inputs. Interpolation, adaptive pooling and padding
 * are such maps, and the gradient of one is the map of the transposed matrix.
 */
import { onRelease, type Device } from '../core/device.js';
import { call, type Inputs } from '../core/run.js';
import { keep } from '../core/scope.js';
import { extent, numel } from '../core/shape.js';
import { tensor, type Tensor } from '../core/tensor.js';
import { recorded } from './copy.js';

/** A share of one input in an output. */
export interface Term {
  index: number;
  weight: number;
}

/** A matrix [count,size] that maps an axis of extent `size` to one of extent `count`. */
export interface AxisMap {
  /** Tells the map from all others of these extents. */
  key: string;
  size: number;
  count: number;
  /** The terms of one output, with indices from 0 to size - 1. */
  row: (output: number) => readonly Term[];
}

/** A matrix on a device, row by row. */
type Matrix = Omit<Inputs<'resample'>, 'x'>;

/** How many matrices stay, those used last. */
const mostMatrices = 256;
const matrices = new Map<string, Matrix>();

function forget(key: string, { ends, index, weight }: Matrix): void {
  matrices.delete(key);
  for (const part of [ends, index, weight]) part.dispose();
}

onRelease((device) => {
  for (const [key, matrix] of matrices) if (matrix.ends.device === device) forget(key, matrix);
});

function transposedRows(rows: readonly (readonly Term[])[], size: number): Term[][] {
  const columns = Array.from({ length: size }, (): Term[] => []);
  for (const [output, terms] of rows.entries()) {
    for (const { index, weight } of terms) columns[index]!.push({ index: output, weight });
  }
  return columns;
}

function uploadMatrix(device: Device, map: AxisMap, transposed: boolean): Matrix {
  const forward = Array.from({ length: map.count }, (_, output) => map.row(output));
  const rows = transposed ? transposedRows(forward, map.size) : forward;
  const terms = rows.flat();
  let end = 0;
  const ends = Int32Array.from(rows, (row) => (end += row.length));
  const index = Int32Array.from(terms, (term) => term.index), weight = Float32Array.from(terms, (term) => term.weight);
  return { ends: keep(tensor(ends, { device })), index: keep(tensor(index, { device })), weight: keep(tensor(weight, { device })) };
}

/** The matrix of a map on a device, made when it is first asked for. */
function matrixOn(device: Device, map: AxisMap, transposed: boolean): Matrix {
  const key = `${device.id} ${map.key} ${map.count}x${map.size} ${transposed ? 'transposed' : ''}`;
  const matrix = matrices.get(key) ?? uploadMatrix(device, map, transposed);
  matrices.delete(key);
  matrices.set(key, matrix); // as the last one used
  for (const [oldest, unused] of matrices) {
    if (matrices.size <= mostMatrices) break;
    forget(oldest, unused);
  }
  return matrix;
}

/** Applies a map, or its transpose, along one axis of x. Checks nothing. */
export function resample(op: string, x: Tensor, axis: number, map: AxisMap, transposed = false): Tensor {
  const count = transposed ? map.size : map.count;
  const before = x.shape.slice(0, axis), behind = x.shape.slice(axis + 1);
  const matrix = matrixOn(x.device, map, transposed);
  const params = { outer: numel(before), size: extent(x.shape, axis), inner: numel(behind), count, terms: matrix.index.numel };
  const { y } = call('resample', { x, ...matrix }, params, { y: [...before, count, ...behind] });
  return recorded(op, y, [x], (dy) => resample(op, dy, axis, map, !transposed));
}

/** Applies maps along several axes, one after another: those that shrink the most come first. */
export function resampleAxes(op: string, x: Tensor, maps: readonly { axis: number; map: AxisMap }[]): Tensor {
  let result = x.reshape(x.shape);
  const growth = ({ map }: { map: AxisMap }) => map.count / map.size;
  for (const { axis, map } of [...maps].sort((a, b) => growth(a) - growth(b))) {
    const next = resample(op, result, axis, map);
    result.dispose();
    result = next;
  }
  return result;
}
