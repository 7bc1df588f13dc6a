/**
 * Inference on the CPU of classifiers of images of 224 x 224 pixels, batch normalisation folded into the convolutions: convolt
 * in float32 and bfloat16, against onnxruntime, which runs the files that convolt's exporter wrote from the same models. Both start from numbers of the
 * host and end with them there, use as many threads, and are processes of their own that measure one after the other in each
 * round, so that a machine that changes its speed changes it for both. Their outputs must agree.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { median } from './hardware.js';
import { inferenceCases, type InferenceAnswer, type InferenceRequest } from './inference_cases.js';
import { Side } from './side.js';

const ROUNDS = 3, THREADS = '2';
/** Of the largest output, over some fifty layers: sums in another order, or layers rounded to 8 bits of mantissa. */
const tolerances = { float32: 1e-4, bfloat16: 5e-2 };

export interface InferenceRow {
  model: string;
  batch: number;
  precision: string;
  /** Milliseconds for a batch. */
  convolt: number;
  onnxruntime: number | null;
  /** How many times as fast convolt is: the median over the rounds. */
  ratio: number | null;
  /** The largest difference between the outputs, divided by the largest output. */
  difference: number | null;
}

const rounded = (value: number) => Number(value.toPrecision(3));

function differenceOf(ours: readonly number[], theirs: readonly number[], tolerance: number): number {
  if (ours.length !== theirs.length) throw new Error(`bench: ${ours.length} outputs of convolt, but ${theirs.length} of onnxruntime`);
  const largest = Math.max(...theirs.map(Math.abs));
  const difference = Math.max(...ours.map((value, i) => Math.abs(value - theirs[i]!))) / largest;
  if (!(difference < tolerance)) throw new Error(`bench: outputs of convolt and onnxruntime differ by ${difference} of the largest`);
  return difference;
}

async function compare(ours: Side, theirs: Side | null, request: InferenceRequest): Promise<InferenceRow> {
  const own: InferenceAnswer[] = [], peer: InferenceAnswer[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    own.push(await ours.ask<InferenceAnswer>(request));
    if (theirs) peer.push(await theirs.ask<InferenceAnswer>(request));
  }
  const milliseconds = (answers: readonly InferenceAnswer[]) => rounded(median(answers.map((answer) => answer.milliseconds)));
  return {
    ...request,
    convolt: milliseconds(own),
    onnxruntime: theirs && milliseconds(peer),
    ratio: theirs && rounded(median(peer.map((answer, round) => answer.milliseconds / own[round]!.milliseconds))),
    difference: theirs && rounded(differenceOf(own[0]!.outputs, peer[0]!.outputs, tolerances[request.precision])),
  };
}

export async function inference(): Promise<{ threads: number; rows: InferenceRow[]; geometricMean: number | null }> {
  const folder = mkdtempSync(join(tmpdir(), 'convolt-bench-'));
  try {
    const ours = new Side(process.execPath, ['build/bench/inference_convolt.js', folder], { OMP_NUM_THREADS: THREADS });
    await ours.ask('write'); // the files
    const isInstalled = existsSync(fileURLToPath(new URL('../../node_modules/onnxruntime-node', import.meta.url)));
    const theirs = isInstalled ? new Side(process.execPath, ['build/bench/inference_onnxruntime.js', folder, THREADS]) : null;
    const rows: InferenceRow[] = [];
    for (const request of inferenceCases) {
      const row = await compare(ours, theirs, request);
      rows.push(row);
      console.error(`${row.model}, batch ${row.batch}, ${row.precision}: ${row.convolt} ms, onnxruntime ${row.onnxruntime ?? '-'} ms, ratio ${row.ratio ?? '-'}`);
    }
    await ours.end();
    await theirs?.end();
    const logarithms = rows.flatMap(({ ratio }) => (ratio === null ? [] : Math.log(ratio)));
    const mean = logarithms.reduce((sum, value) => sum + value, 0) / logarithms.length;
    return { threads: Number(THREADS), rows, geometricMean: theirs && rounded(Math.exp(mean)) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
