/** Random inputs that are made on the device: what the host draws is repeated until the tensor is full. */
import { cast, expand, keep, noGrad, Random, scope, slice, tensor, type Device, type Tensor } from 'convolt';

export type InputType = 'float32' | 'bfloat16';

/** A prime, so that repetitions meet no row or channel twice at the same place. */
const DRAWN = 65_521;

/** Inputs of less than this are made several times over and taken in turns, so that no cache holds them. */
const CACHE_BYTES = 256e6, MOST_COPIES = 8;

export class Inputs {
  private readonly on: Device;
  private readonly random: Random;

  constructor(on: Device, seed: number) {
    this.on = on;
    this.random = new Random(seed);
  }

  /** Normal with mean 0 and variance 1, freshly drawn. */
  normal(shape: readonly number[], dtype: InputType): Tensor {
    return this.copies(shape, dtype, 1)[0]!;
  }

  /** Several tensors from one draw, each of which begins elsewhere in it. */
  private copies(shape: readonly number[], dtype: InputType, count: number): Tensor[] {
    const numel = shape.reduce((all, extent) => all * extent, 1), drawn = Float32Array.from({ length: DRAWN }, () => this.random.normal());
    const made = noGrad(() =>
      scope(() => {
        const first = cast(tensor(drawn, { device: this.on }), dtype).reshape([1, DRAWN]);
        return Array.from({ length: count }, (_, i) => {
          const start = (i * 1009) % DRAWN, repeated = expand(first, [Math.ceil((start + numel) / DRAWN), DRAWN]);
          return slice(repeated.reshape([repeated.numel]), { axis: 0, start, end: start + numel }).reshape(shape);
        });
      }),
    );
    for (const each of made) keep(each);
    return made;
  }

  /** As many of them as it takes to fill any cache; `next` gives them in turns. */
  rotation(shape: readonly number[], dtype: InputType): { next: () => Tensor; dispose: () => void } {
    const bytes = shape.reduce((all, extent) => all * extent, 1) * (dtype === 'float32' ? 4 : 2);
    const copies = this.on.backend === 'cuda' ? Math.max(1, Math.min(MOST_COPIES, Math.floor(CACHE_BYTES / bytes))) : 1;
    const tensors = this.copies(shape, dtype, copies);
    let turn = 0;
    return {
      next: () => tensors[turn++ % copies]!,
      dispose: () => {
        for (const each of tensors) each.dispose();
      },
    };
  }
}
