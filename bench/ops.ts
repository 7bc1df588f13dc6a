/**
 * Every op on the CPU, forward and forward with backward, against PyTorch (tuned, and the better of NCHW and
 * channels_last). Each side is one process that answers requests. For each case and round one measures right after the
 * other, so that a machine that changes its speed changes it for both; the figures are medians over the rounds.
 *
 *   npm run bench -- ops [FILTER]    only the cases whose op or name contains FILTER
 */
import { existsSync } from 'node:fs';

import { median } from './hardware.js';
import { opsCases, type OpsCase } from './ops_cases.js';
import { reasonFor } from './ops_reasons.js';
import { Side } from './side.js';

const ROUNDS = 5;
const python = '/usr/bin/python3';

export interface OpsRow {
  op: string;
  name: string;
  pass: 'forward' | 'forward and backward';
  /** Microseconds. */
  convolt: number;
  pytorch: number | null;
  /** PyTorch's memory format with the lower median. */
  format: string | null;
  /** How many times as fast convolt is: the median over the rounds. */
  ratio: number | null;
  /** Why convolt is much slower, where it is. */
  reason: string | null;
}

export interface OpsResult {
  rows: OpsRow[];
  /** Rows below 0.6 for which nobody has given a reason. */
  unexplained: string[];
  geometricMean: number | null;
}

function geometricMean(values: readonly number[]): number | null {
  return values.length === 0 ? null : Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

const rounded = (value: number) => Number(value.toPrecision(3));

async function compare(ours: Side, theirs: Side | null, { op, name }: OpsCase, at: number, gradients: boolean): Promise<OpsRow> {
  const own: number[] = [], peer: Record<string, number>[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    own.push(await ours.ask<number>({ at, gradients })); // seconds that a call takes
    if (theirs) peer.push(await theirs.ask<Record<string, number>>({ at, gradients })); // or of each way that there is
  }
  const formats = Object.keys(peer[0] ?? {}).map((format) => ({ format, times: peer.map((times) => times[format]!) }));
  const [best] = formats.sort((a, b) => median(a.times) - median(b.times));
  const row: Omit<OpsRow, 'reason'> = {
    op,
    name,
    pass: gradients ? 'forward and backward' : 'forward',
    convolt: rounded(1e6 * median(own)),
    pytorch: best ? rounded(1e6 * median(best.times)) : null,
    format: best?.format ?? null,
    ratio: best ? rounded(median(best.times.map((time, round) => time / own[round]!))) : null,
  };
  return { ...row, reason: reasonFor(row) ?? null };
}

export async function ops(filter = ''): Promise<OpsResult> {
  const cases = opsCases.filter(({ op, name }) => `${op} ${name}`.includes(filter));
  const ours = new Side(process.execPath, ['build/bench/ops_convolt.js']);
  // Without these it starts with one thread, and its OpenBLAS mistakes the CPU.
  const tuned = { OPENBLAS_CORETYPE: 'SkylakeX', OPENBLAS_NUM_THREADS: '1', OMP_NUM_THREADS: '2' };
  const isInstalled = existsSync(python) && existsSync('/usr/lib/python3/dist-packages/torch');
  const theirs = isInstalled ? new Side(python, ['bench/peers/ops_torch.py'], tuned) : null;
  for (const side of [ours, theirs]) side?.tell(cases);

  const rows: OpsRow[] = [];
  for (const [at, measured] of cases.entries()) {
    for (const gradients of measured.differentiable ? [false, true] : [false]) {
      const row = await compare(ours, theirs, measured, at, gradients);
      rows.push(row);
      console.error(`${row.op} ${row.name}, ${row.pass}: ${row.convolt} us, PyTorch ${row.pytorch ?? '-'} us, ratio ${row.ratio ?? '-'}${row.reason ? `: ${row.reason}` : ''}`);
    }
  }
  await ours.end();
  await theirs?.end();
  const unexplained = rows.filter((row) => reasonFor(row) === undefined).map(({ op, name, pass }) => `${op} ${name}, ${pass}`);
  return { rows, unexplained, geometricMean: geometricMean(rows.flatMap(({ ratio }) => ratio ?? [])) };
}
