/** Writes what the GPU benchmark found out: JSON with everything, tables in Markdown, and a roofline plot. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { bound, means, partOfRoofline, ratio } from './figures.js';
import { isTiming, parts, type Check, type GpuResult, type Measured, type Row } from './result.js';
import { rooflinePlot, withUnit } from './roofline.js';

const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  if (rows.length === 0) return [];
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`;
  return [line(head), line(head.map((_, i) => (i === 0 ? '---' : '---:'))), ...rows.map(line), ''];
}

const percent = (part: number | null) => (part === null ? '' : `${(100 * part).toFixed(0)} %`);
const times = (value: number | null) => (value === null ? '' : `${value.toFixed(2)} ×`);

export function milliseconds(measured: Measured | undefined): string {
  if (measured === undefined) return '';
  if (!isTiming(measured)) return 'none';
  const { milliseconds: ms } = measured;
  return ms >= 1 ? `${ms.toFixed(2)} ms` : `${(1000 * ms).toFixed(1)} µs`;
}

/** Whether our steps were recorded. */
const recording = ({ notRecorded }: Row) => (notRecorded === undefined ? '' : notRecorded === null ? 'yes' : `no: ${notRecorded}`);

function rowTable(rows: readonly Row[], { ceilings }: GpuResult): string[] {
  const peers = [...new Set(rows.flatMap((row) => Object.keys(row.peers)))];
  const hasImages = rows.some(({ images }) => images !== undefined), hasPeak = rows.some(({ peak }) => peak !== undefined);
  const hasRecordings = rows.some(({ notRecorded }) => notRecorded !== undefined);
  const hasRoofline = rows.some(({ flops, bytes }) => flops + bytes > 0);
  const head = ['', 'convolt', ...(hasRecordings ? ['recorded'] : []), ...(hasRoofline ? ['of roofline', 'bound by'] : []), ...(hasImages ? ['images/s'] : []), ...(hasPeak ? ['peak'] : []), ...peers.flatMap((peer) => [peer, 'ratio'])];
  return table(
    head,
    rows.map((row) => [
      row.name,
      milliseconds(row.ours),
      ...(hasRecordings ? [recording(row)] : []),
      ...(hasRoofline ? [percent(partOfRoofline(row, ceilings)), bound(row, ceilings) ?? ''] : []),
      ...(hasImages ? [row.images && isTiming(row.ours) ? Math.round((1000 * row.images) / row.ours.milliseconds).toLocaleString('en') : ''] : []),
      ...(hasPeak ? [row.peak?.['convolt'] ? withUnit(row.peak['convolt'], 'B') : ''] : []),
      ...peers.flatMap((peer) => [milliseconds(row.peers[peer]), times(ratio(row.ours, row.peers[peer]))]),
    ]),
  );
}

const checkTable = (checks: readonly Check[]) =>
  table(['', 'passed', 'failed', 'seconds', 'note'], checks.map(({ part, name, passed, failed, seconds, note }) => [`${part}: ${name}`, String(passed), String(failed), seconds.toFixed(0), note]));

/** What a reader should know before the first figure. */
function about({ device, dryRun, hardware, gpu, versions, seed, seconds, filter }: GpuResult): string[] {
  const where = gpu ? `${gpu.name} (compute capability ${gpu.computeCapability}, ${gpu.multiprocessors} multiprocessors, ${gpu.memoryGiB} GiB), driver ${gpu.driver}` : device;
  const others = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return [
    ...(dryRun ? [`**A trial of the benchmark itself on \`${device}\`, with shrunken sizes. No figure here says anything of a GPU.**`, ''] : []),
    `${where}; ${hardware.cpu}, ${hardware.cores} cores; Node ${hardware.node}; commit ${hardware.commit}, ${hardware.date}.`,
    ...(others.length > 0 ? [`Against ${others.join(', ')}.`] : []),
    '',
    `\`npm run bench:gpu${filter === null ? '' : ` -- "${filter}"`}\`, ${seconds.toFixed(0)} s, seed ${seed}. Times are medians of the device's own clock, in bfloat16 with channels last.`,
    'A ratio says how many times as fast convolt is. The roofline is the least time for the bytes and the arithmetic that are needed,',
    'by the ceilings measured in the same run.',
    '',
  ];
}

export function markdown(result: GpuResult, plot: string | null): string {
  const { ceilings, checks, rows, notMeasured } = result;
  const meanRows = means(rows).map(({ part, kind, peer, ratio: mean, rows: count }) => [`${part}: ${kind}`, peer, times(mean), String(count)]);
  const sections = parts.map((part) => [part, rows.filter((row) => row.part === part)] as const).filter(([, found]) => found.length > 0);
  return [
    '# convolt on a GPU',
    '',
    ...about(result),
    ...(checks.length > 0 ? ['## Checks', '', ...checkTable(checks)] : []),
    ...(ceilings.found.length > 0
      ? ['## Ceilings', '', ...table(['', 'by', 'reached'], ceilings.found.map(({ what, by, perSecond }) => [what, by, withUnit(perSecond, what === 'copy' ? 'B/s' : 'FLOP/s')]))]
      : []),
    ...(meanRows.length > 0 ? ['## Geometric means', '', ...table(['', 'against', 'ratio', 'rows'], meanRows)] : []),
    ...(plot === null ? [] : [`![Roofline](${plot})`, '']),
    ...sections.flatMap(([part, found]) => [`## ${part[0]!.toUpperCase()}${part.slice(1)}`, '', ...rowTable(found, result)]),
    ...(notMeasured.length > 0 ? ['## Not measured', '', ...notMeasured.map(({ what, why }) => `- ${what}: ${why}`), ''] : []),
  ].join('\n');
}

/** What a result's files are called: `gpu`, and what it was filtered by. */
export function reportName({ filter }: Pick<GpuResult, 'filter'>): string {
  return filter === null ? 'gpu' : `gpu-${filter.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-').replaceAll(/^-|-$/g, '')}`;
}

/** Writes NAME.json, NAME.md and, where there is something to draw, NAME.svg. Returns their paths. */
export function writeReport(folder: string, result: GpuResult): string[] {
  mkdirSync(folder, { recursive: true });
  const title = `convolt on ${result.gpu?.name ?? result.device}${result.dryRun ? ' (a trial, no measurement)' : ''}`;
  const svg = rooflinePlot(title, result.rows, result.ceilings);
  const base = reportName(result);
  const withFigures = {
    ...result,
    means: means(result.rows),
    rows: result.rows.map((row) => ({
      ...row,
      ratios: Object.fromEntries(Object.entries(row.peers).map(([peer, theirs]) => [peer, ratio(row.ours, theirs)])),
      partOfRoofline: partOfRoofline(row, result.ceilings),
    })),
  };
  const files = {
    [`${base}.json`]: `${JSON.stringify(withFigures, null, 2)}\n`,
    [`${base}.md`]: markdown(result, svg === null ? null : `${base}.svg`),
    ...(svg === null ? {} : { [`${base}.svg`]: svg }),
  };
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  return Object.keys(files).map((name) => join(folder, name));
}
