/** The device's part of a training step: from batches on the device to updated parameters. */
import type { Transform } from '../augment/index.js';
import { inPrecision } from '../core/autocast.js';
import type { DType, Float } from '../core/dtype.js';
import type { Tensor } from '../core/tensor.js';
import type { Module } from '../nn/index.js';
import { add, argmax, crossEntropy, mul, toFloat } from '../ops/index.js';
import type { LossScaler, Optimizer, SAM } from '../optim/index.js';

/** Bounds of a step's gradients: see {@link Optimizer.clipNorm} and {@link Optimizer.clipValue}. */
export interface Clipping {
  norm?: number | undefined;
  value?: number | undefined;
}

/** What mixes the images of a batch [N,H,W,C], and with them their labels [N]. */
export type Mixer = (images: Tensor, labels: Tensor<'int32'>, random: Tensor<'int32'>) => { images: Tensor; target: Tensor };

export interface StepOptions {
  model: Module;
  optimizer: Optimizer;
  /** What {@link toFloat} makes of bytes. */
  pixels: { scale: number; shift: number };
  labelSmoothing: number;
  clip: Clipping;
  augment: Transform | undefined;
  mix: Mixer | undefined;
  sam: SAM | undefined;
  /** Of augmentation and mixing. */
  draws: Tensor<'int32'>; // [4]
  /** Of forward passes. */
  precision: Float;
  /** With float16. */
  scaler: LossScaler | undefined;
}

/** What comes of a step. */
export interface StepOutput {
  /** Mean over the step's images, before the step. */
  loss: Tensor; // []
  predictions: Tensor<'int32'>[]; // [N], for each batch
}

/** What the model is trained on. */
interface Input {
  x: Tensor; // [N,H,W,C]
  target: Tensor<'int32'> | Tensor; // [N], or [N,classes] if labels are mixed
  /** Of the batch in the step's mean. */
  share: number;
}

export class TrainingStep {
  private readonly options: StepOptions;

  constructor(options: StepOptions) {
    this.options = options;
  }

  /** Does a step. @param tensors images [N,H,W,C] and labels [N] of each batch in turn; gradients are summed up over batches. */
  run(tensors: readonly Tensor<DType>[]): StepOutput {
    const { optimizer, sam, clip, scaler } = this.options;
    scaler?.discard(); // of a step that threw
    const inputs = this.inputs(tensors);
    const outputs = this.backward(inputs);
    if (sam) {
      sam.climb();
      this.backward(inputs);
      sam.comeBack();
    }
    if (clip.value !== undefined) optimizer.clipValue(clip.value);
    if (clip.norm !== undefined) optimizer.clipNorm(clip.norm);
    if (scaler) scaler.step(optimizer);
    else optimizer.step();
    scaler?.update();
    const loss = outputs.map((output) => output.loss).reduce((sum, part) => add(sum, part));
    return { loss, predictions: outputs.map(({ logits }) => argmax(logits, 1)) };
  }

  private inputs(tensors: readonly Tensor<DType>[]): Input[] {
    const batches = Array.from({ length: tensors.length / 2 }, (_, i) => ({
      images: tensors[2 * i] as Tensor<'uint8'>,
      labels: tensors[2 * i + 1] as Tensor<'int32'>,
    }));
    const images = batches.reduce((count, { labels }) => count + labels.numel, 0);
    return batches.map((batch) => ({ ...this.trainedOn(batch), share: batch.labels.numel / images }));
  }

  /** A batch as it is trained on. */
  private trainedOn({ images, labels }: { images: Tensor<'uint8'>; labels: Tensor<'int32'> }): Omit<Input, 'share'> {
    const { augment, mix, draws, pixels } = this.options;
    const x = toFloat(augment?.(images, draws) ?? images, pixels);
    if (!mix) return { x, target: labels };
    const mixed = mix(x, labels, draws);
    return { x: mixed.images, target: mixed.target };
  }

  /** The gradients of a step, from each batch with its share in the step's mean. */
  private backward(inputs: readonly Input[]): { loss: Tensor; logits: Tensor }[] {
    const { model, optimizer, labelSmoothing, precision, scaler } = this.options;
    optimizer.zeroGrad();
    const outputs = inputs.map(({ x, target, share }) => {
      const { logits, mean } = inPrecision(precision, () => {
        const logits = model.forward(x);
        return { logits, mean: crossEntropy(logits, target, { labelSmoothing }) };
      });
      const loss = share === 1 ? mean : mul(mean, share);
      (scaler?.scale(loss) ?? loss).backward();
      return { loss: loss.detach(), logits: logits.detach() };
    });
    scaler?.unscale(optimizer);
    return outputs;
  }
}
