/** How an op of torch's golden cases is computed with convolt; the tables of the families are made of these. */
import type { DType } from '../../../lib/core/dtype.js';
import type { Tensor } from '../../../lib/core/tensor.js';
import type { HostTensor } from '../../../lib/data/safetensors.js';

/** Brings a stored tensor from torch's order of axes into convolt's. */
export type Layout = (stored: HostTensor) => HostTensor;

/** By torch's names. What arrives on the host only is a promise. */
export type Outputs = Record<string, Tensor<DType> | Promise<Int32Array>>;

export interface GoldenOp {
  /**
   * Of the case's inputs and outputs by their names, and so of their gradients and cotangents. What is not named
   * is laid out as torch has it.
   */
  layouts?: Readonly<Record<string, Layout>>;
  /** Computes the outputs. Each op declares the inputs and attributes that its cases have, under torch's names. */
  compute(inputs: object, attributes: object): Outputs;
}

export type GoldenOps = Readonly<Record<string, GoldenOp>>;
