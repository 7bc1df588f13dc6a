/** onnxruntime's side of bench/inference.ts: runs the files in a folder, all its optimisations on, and answers requests. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { IMAGE, pixels, timed, type InferenceAnswer, type InferenceModel, type InferenceRequest } from './inference_cases.js';

interface RuntimeTensor {
  readonly data: Float32Array;
}

interface Session {
  run(inputs: Readonly<Record<string, RuntimeTensor>>): Promise<Readonly<Record<string, RuntimeTensor>>>;
}

interface Runtime {
  InferenceSession: { create(file: string, options: object): Promise<Session> };
  Tensor: new (type: 'float32', data: Float32Array, dims: readonly number[]) => RuntimeTensor;
}

// Its own declarations are for browsers, too, and name types of theirs.
const runtime = createRequire(import.meta.url)('onnxruntime-node') as Runtime;
const [folder = '', threads] = process.argv.slice(2);
const sessions = new Map<InferenceModel, Session>();

async function sessionOf(model: InferenceModel): Promise<Session> {
  const session = sessions.get(model) ?? (await runtime.InferenceSession.create(join(folder, `${model}.onnx`), {
    executionProviders: ['cpu'], graphOptimizationLevel: 'all', executionMode: 'sequential', intraOpNumThreads: Number(threads), interOpNumThreads: 1,
  }));
  sessions.set(model, session);
  return session;
}

/** [N,H,W,C] as [N,C,H,W]. */
function channelsSecond(values: Float32Array, batch: number): Float32Array {
  const { height, width, channels } = IMAGE, plane = height * width;
  return Float32Array.from({ length: batch * channels * plane }, (_, i) => {
    const n = Math.floor(i / (channels * plane)), c = Math.floor(i / plane) % channels;
    return values[(n * plane + (i % plane)) * channels + c]!;
  });
}

async function answer({ model, batch }: InferenceRequest): Promise<InferenceAnswer> {
  const session = await sessionOf(model), values = channelsSecond(pixels(batch), batch), dims = [batch, IMAGE.channels, IMAGE.height, IMAGE.width];
  return timed(async () => {
    const { output } = await session.run({ input: new runtime.Tensor('float32', values, dims) });
    return [...output!.data];
  });
}

for await (const line of createInterface({ input: process.stdin })) console.log(JSON.stringify(await answer(JSON.parse(line) as InferenceRequest)));
