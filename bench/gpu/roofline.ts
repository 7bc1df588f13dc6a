/** A roofline plot (S. Williams, A. Waterman, D. Patterson, CACM 52(4), 2009) as SVG: a point for each row. */
import { partOfRoofline } from './figures.js';
import { isTiming, type Ceilings, type Row } from './result.js';

const WIDTH = 860, HEIGHT = 560, LEFT = 96, RIGHT = 24, TOP = 56, BOTTOM = 70;

/** Colours that a colour-blind reader can tell apart (M. Okabe, K. Ito, 2008). */
const colors = ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#d55e00', '#56b4e9'];

interface Axis {
  /** Powers of ten at its ends. */
  from: number;
  to: number;
  place: (value: number) => number;
}

function axis(values: readonly number[], begin: number, end: number): Axis {
  const from = Math.floor(Math.log10(Math.min(...values))), to = Math.max(Math.ceil(Math.log10(Math.max(...values))), from + 1);
  return { from, to, place: (value) => begin + ((Math.log10(value) - from) / (to - from)) * (end - begin) };
}

const powers = ({ from, to }: Axis) => Array.from({ length: to - from + 1 }, (_, i) => 10 ** (from + i));

const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
const number = (value: number) => value.toFixed(1);
const text = (x: number, y: number, content: string, more = '') => `<text x="${number(x)}" y="${number(y)}" ${more}>${escaped(content)}</text>`;
const line = (x1: number, y1: number, x2: number, y2: number, more: string) =>
  `<line x1="${number(x1)}" y1="${number(y1)}" x2="${number(x2)}" y2="${number(y2)}" ${more}/>`;

/** Like 3.2 TFLOP/s. */
export function withUnit(value: number, unit: string): string {
  const steps = [['P', 1e15], ['T', 1e12], ['G', 1e9], ['M', 1e6], ['k', 1e3], ['', 1]] as const;
  const [prefix, factor] = steps.find(([, least]) => value >= least) ?? ['', 1];
  return `${Number((value / factor).toPrecision(3))} ${prefix}${unit}`;
}

/** null if there is nothing to be drawn: no ceilings, or no row with arithmetic and bytes. */
export function rooflinePlot(title: string, rows: readonly Row[], ceilings: Ceilings): string | null {
  const { bytesPerSecond, flopsPerSecond } = ceilings;
  const points = rows.flatMap((row) =>
    row.flops > 0 && row.bytes > 0 && isTiming(row.ours)
      ? { row, intensity: row.flops / row.bytes, rate: (1000 * row.flops) / row.ours.milliseconds }
      : [],
  );
  if (!bytesPerSecond || !flopsPerSecond || points.length === 0) return null;
  const ridge = flopsPerSecond / bytesPerSecond;
  const x = axis([...points.map(({ intensity }) => intensity), ridge], LEFT, WIDTH - RIGHT);
  const y = axis([...points.map(({ rate }) => rate), flopsPerSecond], HEIGHT - BOTTOM, TOP);
  const lowest = 10 ** x.from, highest = 10 ** x.to, bottom = 10 ** y.from;
  const kinds = [...new Set(points.map(({ row }) => row.kind))].sort();
  const color = (kind: string) => colors[kinds.indexOf(kind) % colors.length]!;

  const grid = [
    ...powers(x).flatMap((value) => [
      line(x.place(value), TOP, x.place(value), HEIGHT - BOTTOM, 'stroke="#e3e3e3"'),
      text(x.place(value), HEIGHT - BOTTOM + 18, String(value), 'text-anchor="middle"'),
    ]),
    ...powers(y).flatMap((value) => [
      line(LEFT, y.place(value), WIDTH - RIGHT, y.place(value), 'stroke="#e3e3e3"'),
      text(LEFT - 8, y.place(value) + 4, withUnit(value, 'FLOP/s'), 'text-anchor="end"'),
    ]),
  ];
  // The slope leaves the plot at the bottom where memory would give less than the lowest rate.
  const slopeBegins = Math.max(lowest, bottom / bytesPerSecond);
  const roof = [
    [slopeBegins, slopeBegins * bytesPerSecond], [ridge, flopsPerSecond], [highest, flopsPerSecond],
  ].map(([a, b]) => `${number(x.place(a!))},${number(y.place(b!))}`);
  const dots = points.map(({ row, intensity, rate }) => {
    const reached = Math.round(100 * (partOfRoofline(row, ceilings) ?? 0));
    const label = `${row.name}: ${withUnit(rate, 'FLOP/s')}, ${reached} % of the roofline`;
    return `<circle cx="${number(x.place(intensity))}" cy="${number(y.place(rate))}" r="4" fill="${color(row.kind)}" fill-opacity="0.7"><title>${escaped(label)}</title></circle>`;
  });
  const legend = kinds.map((kind, i) => {
    const at = HEIGHT - BOTTOM - 14 - 20 * (kinds.length - 1 - i), right = WIDTH - RIGHT - 14;
    return `<circle cx="${right}" cy="${at}" r="5" fill="${color(kind)}"/>${text(right - 12, at + 4, kind, 'text-anchor="end"')}`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" font-family="sans-serif" font-size="12" fill="#222">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
    text(LEFT, 24, title, 'font-size="15" font-weight="bold"'),
    text(LEFT, 42, `ceilings measured in the same run: ${withUnit(flopsPerSecond, 'FLOP/s')} and ${withUnit(bytesPerSecond, 'B/s')}`),
    ...grid,
    `<polyline points="${roof.join(' ')}" fill="none" stroke="#222" stroke-width="2"/>`,
    ...dots,
    ...legend,
    text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 24, 'multiplications and additions for each byte that has to be moved', 'text-anchor="middle"'),
    '</svg>',
    '',
  ].join('\n');
}
