/** What both sides of bench/inference.ts know. */
import { median } from './hardware.js';

export const inferenceModels = ['resnet50', 'mobilenet_v2'] as const;
export type InferenceModel = (typeof inferenceModels)[number];

export interface InferenceRequest {
  model: InferenceModel;
  batch: number;
  /** Of convolt; onnxruntime has float32 alone on CPUs. */
  precision: 'float32' | 'bfloat16';
}

export const inferenceCases: readonly InferenceRequest[] = inferenceModels.flatMap((model) =>
  [1, 8].flatMap((batch) => (['float32', 'bfloat16'] as const).map((precision) => ({ model, batch, precision }))),
);

export interface InferenceAnswer {
  /** That a batch takes: the median. */
  milliseconds: number;
  /** [batch,1000]. */
  outputs: number[];
}

export const IMAGE = { height: 224, width: 224, channels: 3 };

/** Pixels in [-1, 1] of a batch of images, [N,H,W,C]. */
export function pixels(batch: number): Float32Array {
  let noise = 1;
  return Float32Array.from({ length: batch * IMAGE.height * IMAGE.width * IMAGE.channels }, () => {
    noise = (Math.imul(noise, 1664525) + 1013904223) >>> 0;
    return noise / 2 ** 31 - 1;
  });
}

/** Calls `infer` for about a second. */
export async function timed(infer: () => Promise<readonly number[]>): Promise<InferenceAnswer> {
  const outputs = [...(await infer())]; // what is made in the first call
  await infer(); // and in the second
  const times: number[] = [], end = performance.now() + 1000;
  while (times.length < 5 || performance.now() < end) {
    const began = performance.now();
    await infer();
    times.push(performance.now() - began);
  }
  return { milliseconds: median(times), outputs };
}
