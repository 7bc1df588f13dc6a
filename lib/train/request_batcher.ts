/** Serving: requests that come together are answered by one forward pass. */
import type { Device } from '../core/device.js';
import { floatTypes, type Float } from '../core/dtype.js';
import { ConvoltError } from '../core/errors.js';
import { scope } from '../core/scope.js';
import { numel, shapeText, type Shape } from '../core/shape.js';
import { tensor, type Tensor } from '../core/tensor.js';
import { checkCount } from '../nn/arguments.js';
import type { Module } from '../nn/index.js';
import { argumentError, checkChoice } from '../ops/arguments.js';
import { toFloat } from '../ops/index.js';

export interface RequestBatcherOptions {
  /** Of one image: [H,W,C]. */
  shape: Shape;
  /** Images in one forward pass at most. Default 32. */
  most?: number;
  /** Of the forward pass, see {@link Module.predict}. Default 'float32'. */
  precision?: Float;
  /** Makes the model's input of bytes [N,H,W,C]. Default: pixels in [0, 1]. */
  prepare?: (images: Tensor<'uint8'>) => Tensor;
}

interface Waiting {
  image: Uint8Array;
  resolve: (output: Float32Array) => void;
  reject: (error: unknown) => void;
}

/**
 * Answers single images by batches: what is asked for while a forward pass runs goes into the next one together. The model
 * may be trained meanwhile; see {@link Module.predict}.
 */
export class RequestBatcher {
  private readonly model: Module;
  private readonly shape: Shape;
  private readonly most: number;
  private readonly precision: Float;
  private readonly prepare: (images: Tensor<'uint8'>) => Tensor;
  private readonly device: Device;
  private readonly waiting: Waiting[] = [];
  private isRunning = false;

  /** @throws ERR_ARGUMENT if the model has no parameters, `most` is no whole number of at least 1, or precision no float type. */
  constructor(model: Module, { shape, most = 32, precision = 'float32', prepare = (bytes) => toFloat(bytes, { scale: 1 / 255 }) }: RequestBatcherOptions) {
    checkCount('RequestBatcher', 'most', most);
    checkChoice('RequestBatcher', 'precision', precision, floatTypes);
    const [parameter] = model.parameters();
    if (!parameter) throw argumentError('RequestBatcher', 'expected a model with parameters, but got one without');
    this.model = model;
    this.shape = shape;
    this.most = most;
    this.precision = precision;
    this.prepare = prepare;
    this.device = parameter.device;
  }

  /**
   * What the model says of one image.
   *
   * @param image bytes [H,W,C].
   * @throws ERR_ARGUMENT if it has another number of bytes.
   */
  async predict(image: Uint8Array): Promise<Float32Array> {
    if (image.length !== numel(this.shape)) throw argumentError('RequestBatcher', `expected an image of ${shapeText(this.shape)}, but got ${image.length} bytes`);
    return new Promise((resolve, reject) => {
      this.waiting.push({ image, resolve, reject });
      if (!this.isRunning) void this.run();
    });
  }

  /** Answers all that waits, and what comes meanwhile. */
  private async run(): Promise<void> {
    this.isRunning = true;
    await Promise.resolve(); // what is asked for in the same turn comes along
    while (this.waiting.length > 0) {
      const group = this.waiting.splice(0, this.most);
      try {
        const outputs = await this.outputsOf(group);
        for (const [i, { resolve }] of group.entries()) resolve(outputs[i]!);
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    this.isRunning = false;
  }

  private async outputsOf(group: readonly Waiting[]): Promise<Float32Array[]> {
    const bytes = new Uint8Array(group.length * numel(this.shape));
    for (const [i, { image }] of group.entries()) bytes.set(image, i * image.length);
    const x = scope(() => this.prepare(tensor(bytes, { shape: [group.length, ...this.shape], device: this.device })));
    try {
      const outputs = await this.model.predict(x, { batch: this.most, precision: this.precision });
      if (outputs.length !== group.length) throw new ConvoltError('ERR_INTERNAL', `internal: ${outputs.length} outputs for ${group.length} images`);
      return outputs;
    } finally {
      x.dispose();
    }
  }
}
