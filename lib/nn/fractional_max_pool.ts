import type { Random } from '../core/random.js';
import { refuseRecording } from '../core/recording.js';
import { tensor, type Tensor } from '../core/tensor.js';
import { fractionalMaxPool2d, fractionalMaxPool3d, type PerAxis } from '../ops/index.js';
import { Module, type ModuleOptions } from './module.js';
import { randomOf } from './parameter.js';

export interface FractionalMaxPoolOptions extends ModuleOptions {
  /** Extents of the output. Either this or outputRatio is given. */
  outputSize?: PerAxis | undefined;
  /** Extents of the output as parts of x's, each in (0, 1). */
  outputRatio?: number | readonly number[] | undefined;
}

/** Draws new places of windows for each batch, in training and in evaluation. */
abstract class FractionalMaxPool extends Module {
  protected readonly settings: { kernel: PerAxis; outputSize?: PerAxis | undefined; outputRatio?: number | readonly number[] | undefined };
  private readonly random: Random;

  constructor(kernel: PerAxis, options: FractionalMaxPoolOptions) {
    super();
    this.settings = { kernel, outputSize: options.outputSize, outputRatio: options.outputRatio };
    this.random = randomOf(options);
  }

  /** Uniform samples for each image, channel and spatial axis of x. */
  protected samples(x: Tensor): Tensor {
    refuseRecording(this.constructor.name, 'it draws its windows on the host');
    const shape = [x.shape[0] ?? 0, x.shape.at(-1) ?? 0, Math.max(x.shape.length - 2, 0)];
    const values = Float32Array.from({ length: shape.reduce((product, extent) => product * extent, 1) }, () => this.random.uniform());
    return tensor(values, { shape, device: x.device });
  }
}

/** Largest elements of windows at random places, x [N,H,W,C] to [N,P,Q,C]. See {@link fractionalMaxPool2d}. */
export class FractionalMaxPool2d extends FractionalMaxPool {
  override forward(x: Tensor): Tensor {
    const samples = this.samples(x), y = fractionalMaxPool2d(x, { ...this.settings, samples });
    samples.dispose();
    return y;
  }
}

/** Largest elements of windows at random places, x [N,D,H,W,C] to [N,Z,P,Q,C]. See {@link fractionalMaxPool3d}. */
export class FractionalMaxPool3d extends FractionalMaxPool {
  override forward(x: Tensor): Tensor {
    const samples = this.samples(x), y = fractionalMaxPool3d(x, { ...this.settings, samples });
    samples.dispose();
    return y;
  }
}
