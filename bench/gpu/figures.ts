/** Figures that follow from timings: ratios, means, and the part of the roofline that is reached. */
import { isTiming, type Ceilings, type Measured, type Row } from './result.js';

/** The milliseconds below which no kernel comes: arithmetic or memory at its ceiling, whichever takes longer. */
export function floor({ flops, bytes }: Pick<Row, 'flops' | 'bytes'>, { flopsPerSecond, bytesPerSecond }: Ceilings): number | null {
  const terms = [flopsPerSecond ? flops / flopsPerSecond : 0, bytesPerSecond ? bytes / bytesPerSecond : 0];
  const seconds = Math.max(...terms);
  return seconds > 0 ? 1000 * seconds : null;
}

/** Which of the two is the floor. */
export function bound({ flops, bytes }: Pick<Row, 'flops' | 'bytes'>, { flopsPerSecond, bytesPerSecond }: Ceilings): 'arithmetic' | 'memory' | null {
  if (!flopsPerSecond || !bytesPerSecond || flops + bytes === 0) return null;
  return flops / flopsPerSecond > bytes / bytesPerSecond ? 'arithmetic' : 'memory';
}

/** The floor as a part of the time. */
export function partOfRoofline(row: Row, ceilings: Ceilings): number | null {
  const least = floor(row, ceilings);
  return least !== null && isTiming(row.ours) ? least / row.ours.milliseconds : null;
}

/** How many times as fast as a peer we are. */
export function ratio(ours: Measured, theirs: Measured | undefined): number | null {
  return isTiming(ours) && isTiming(theirs) ? theirs.milliseconds / ours.milliseconds : null;
}

export function geometricMean(values: readonly number[]): number | null {
  return values.length === 0 ? null : Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

export interface Mean {
  part: string;
  kind: string;
  peer: string;
  /** Geometric, of the ratios. */
  ratio: number;
  rows: number;
}

/** The geometric means over each part, and over each kind in it, against each peer. */
export function means(rows: readonly Row[]): Mean[] {
  const ratios = new Map<string, number[]>();
  for (const row of rows) {
    for (const [peer, theirs] of Object.entries(row.peers)) {
      const found = ratio(row.ours, theirs);
      if (found === null) continue;
      for (const kind of ['all', row.kind]) {
        const key = JSON.stringify([row.part, kind, peer]);
        ratios.set(key, [...(ratios.get(key) ?? []), found]);
      }
    }
  }
  return [...ratios].map(([key, values]) => {
    const [part, kind, peer] = JSON.parse(key) as [string, string, string];
    return { part, kind, peer, ratio: geometricMean(values)!, rows: values.length };
  });
}
