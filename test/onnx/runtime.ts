/** onnxruntime, which decides what a file means. Its own declarations are for browsers, too, and name types of theirs. */
import { createRequire } from 'node:module';

export interface RuntimeTensor {
  readonly dims: readonly number[];
  readonly data: Float32Array | BigInt64Array | Int32Array | Uint8Array;
}

export interface Session {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  run(inputs: Readonly<Record<string, RuntimeTensor>>): Promise<Readonly<Record<string, RuntimeTensor>>>;
  release(): Promise<void>;
}

interface Runtime {
  InferenceSession: { create(model: string | Uint8Array, options: object): Promise<Session> };
  Tensor: new (type: 'float32', data: Float32Array, dims: readonly number[]) => RuntimeTensor;
}

const runtime = createRequire(import.meta.url)('onnxruntime-node') as Runtime;

/** Opens a file, or its bytes. Weights are not arranged for speed, which takes longer than one run. */
export function openSession(model: string | Uint8Array): Promise<Session> {
  return runtime.InferenceSession.create(model, { extra: { session: { disable_prepacking: '1' } } });
}

export function floatTensor(data: Float32Array, dims: readonly number[]): RuntimeTensor {
  return new runtime.Tensor('float32', data, dims);
}
