/** What holds memory, by layer and op. */
import type { DType } from '../core/dtype.js';
import { runningLayer } from '../core/layer.js';
import { startObserving } from '../core/run.js';
import { numel, shapeText, type Shape } from '../core/shape.js';
import type { Storage } from '../core/storage.js';
import type { Module } from './module.js';
import { namingLayers } from './wrapping.js';

/** A tensor's memory, and what made it. */
export interface MemoryHolder {
  /** Dotted name; '' for the model itself, null for what runs outside of it, such as the loss. */
  layer: string | null;
  /** The native op. */
  op: string;
  shape: Shape;
  dtype: DType;
  bytes: number;
}

export interface MemoryReport {
  /** Bytes of all tensors that were made inside and alive at one time, at most. */
  peak: number;
  /** What was alive then, the largest first. */
  holders: MemoryHolder[];
  /** As a table by layer and op, the largest first. */
  toString(): string;
}

const bytesOf: { [D in DType]: number } = { float32: 4, int32: 4, bfloat16: 2, float16: 2, uint8: 1 };

/**
 * Runs `fn`, for example one step of training, and tells what was in memory when it needed most. What was there before,
 * such as parameters, does not count; nor does memory that ops use only while they run.
 *
 *     const report = memoryReport(model, () => scope(() => crossEntropy(model.forward(x), labels).backward()));
 *     console.log(String(report));
 */
export function memoryReport(model: Module, fn: () => void): MemoryReport {
  const live = new Map<Storage, MemoryHolder>();
  let peak = 0, holders: MemoryHolder[] = [];
  const stop = startObserving({
    after: ({ name, outputs }) => {
      for (const { storage, shape, dtype } of Object.values(outputs)) {
        live.set(storage, { layer: runningLayer(), op: name, shape, dtype, bytes: numel(shape) * bytesOf[dtype] });
      }
      let total = 0;
      for (const [storage, { bytes }] of live) {
        if (storage.isFreed) live.delete(storage);
        else total += bytes;
      }
      if (total <= peak) return;
      peak = total;
      holders = [...live.values()];
    },
  });
  try {
    namingLayers(model, fn);
  } finally {
    stop();
  }
  holders.sort((a, b) => b.bytes - a.bytes);
  return { peak, holders, toString: () => table(peak, holders) };
}

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(2)} MB`;
const layerText = (layer: string | null) => (layer === null ? '(outside)' : layer === '' ? '(the model itself)' : layer);

function table(peak: number, holders: readonly MemoryHolder[]): string {
  const groups = new Map<string, { layer: string; op: string; bytes: number; shapes: Set<string> }>();
  for (const { layer, op, shape, bytes } of holders) {
    const key = `${layerText(layer)} ${op}`;
    const group = groups.get(key) ?? { layer: layerText(layer), op, bytes: 0, shapes: new Set() };
    group.bytes += bytes;
    group.shapes.add(shapeText(shape));
    groups.set(key, group);
  }
  const sorted = [...groups.values()].sort((a, b) => b.bytes - a.bytes);
  const rows = [['layer', 'op', 'memory', 'shapes'], ...sorted.map(({ layer, op, bytes, shapes }) => [layer, op, megabytes(bytes), [...shapes].join(' ')])];
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map(([layer = '', op = '', memory = '', shapes = '']) => `${layer.padEnd(widths[0]!)}  ${op.padEnd(widths[1]!)}  ${memory.padStart(widths[2]!)}  ${shapes}`.trimEnd());
  return [`peak ${megabytes(peak)}`, ...lines].join('\n');
}
