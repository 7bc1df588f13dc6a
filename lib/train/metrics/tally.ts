import { accumulateInto } from '../../core/gradient_memory.js';
import { keep } from '../../core/scope.js';
import type { Tensor } from '../../core/tensor.js';

/** Float32 counts exactly up to this. */
const MOST_EXACT = 2 ** 24;

/** Sums over batches, on the device; the host takes over before counts would lose digits. */
export class Tally {
  private sum: Tensor | undefined;
  private counted = 0;
  private readonly taken: Promise<Float32Array>[] = [];

  /** Adds numbers, none of which is larger than `most`. The shape is the same in all calls. */
  add(numbers: Tensor, most: number): void {
    if (this.counted + most > MOST_EXACT) this.take();
    this.counted += most;
    if (this.sum) accumulateInto(this.sum, numbers, 1);
    else this.sum = keep(numbers.detach());
  }

  /** The sums of all that was added; none if nothing was. */
  async totals(): Promise<Float64Array> {
    this.take();
    const parts = await Promise.all(this.taken);
    const totals = new Float64Array(parts[0]?.length ?? 0);
    for (const part of parts) for (const [i, value] of part.entries()) totals[i] = totals[i]! + value;
    return totals;
  }

  private take(): void {
    if (!this.sum) return;
    const read = this.sum.data();
    read.catch(() => undefined); // totals() sees it
    this.taken.push(read);
    this.sum.dispose();
    this.sum = undefined;
    this.counted = 0;
  }
}
