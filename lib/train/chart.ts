/** Line charts as SVG text, in the colours of the page around them (CSS variables --ink, --grid, --first, --second). */

export interface Series {
  name: string;
  /** y by x; NaN leaves a gap. */
  points: readonly (readonly [number, number])[];
  color: 'first' | 'second' | 'faint';
}

export interface ChartOptions {
  title: string;
  xLabel: string;
  series: readonly Series[];
  /** How a value on the y axis is written. */
  format: (value: number) => string;
}

const size = { width: 520, height: 300, left: 56, right: 16, top: 16, bottom: 40 };

/** About `count` round numbers that cover [low, high]. */
function ticks(low: number, high: number, count: number): number[] {
  const rough = (high - low) / count || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10);
  const first = Math.ceil(low / step - 1e-9);
  return Array.from({ length: Math.floor(high / step + 1e-9) - first + 1 }, (_, i) => (first + i) * step);
}

export function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

/** A chart with its legend. Line ends are marked with the last value. */
export function lineChart({ title, xLabel, series, format }: ChartOptions): string {
  const all = series.flatMap(({ points }) => points).filter(([, y]) => Number.isFinite(y));
  if (all.length === 0) return '';
  const xs = all.map(([x]) => x), ys = all.map(([, y]) => y);
  const x0 = Math.min(...xs), x1 = Math.max(...xs, x0 + 1e-9);
  const margin = (Math.max(...ys) - Math.min(...ys)) * 0.06 || 0.5;
  const y0 = Math.min(...ys) - margin, y1 = Math.max(...ys) + margin;
  const toX = (x: number) => size.left + ((x - x0) / (x1 - x0)) * (size.width - size.left - size.right);
  const toY = (y: number) => size.height - size.bottom - ((y - y0) / (y1 - y0)) * (size.height - size.top - size.bottom);
  const at = (value: number) => value.toFixed(1);

  const gridLines = ticks(y0, y1, 5).map(
    (y) => `<line x1="${size.left}" x2="${size.width - size.right}" y1="${at(toY(y))}" y2="${at(toY(y))}" stroke="var(--grid)"/>
<text x="${size.left - 8}" y="${at(toY(y) + 4)}" text-anchor="end">${escapeText(format(y))}</text>`,
  );
  const xTicks = ticks(x0, x1, 6)
    .filter(Number.isInteger)
    .map((x) => `<text x="${at(toX(x))}" y="${size.height - size.bottom + 20}" text-anchor="middle">${x}</text>`);
  const lines = series.map(({ name, points, color }) => {
    const drawn = points.filter(([, y]) => Number.isFinite(y));
    const path = drawn.map(([x, y], i) => `${i === 0 ? 'M' : 'L'}${at(toX(x))} ${at(toY(y))}`).join('');
    const marks = color === 'faint' ? [] : drawn.map(([x, y]) => `<circle cx="${at(toX(x))}" cy="${at(toY(y))}" r="3.2" fill="var(--${color})"><title>${escapeText(`${name}, ${x}: ${format(y)}`)}</title></circle>`);
    return `<path d="${path}" fill="none" stroke="var(--${color})" stroke-width="${color === 'faint' ? 1 : 2.2}" stroke-linejoin="round"/>${marks.join('')}`;
  });
  const legend = series.map(({ name, color }) => `<span><i style="background:var(--${color})"></i>${escapeText(name)}</span>`).join('');
  return `<figure class="chart"><figcaption>${escapeText(title)}<span class="legend">${legend}</span></figcaption>
<svg viewBox="0 0 ${size.width} ${size.height}" role="img" aria-label="${escapeText(title)}">
${gridLines.join('\n')}
${xTicks.join('\n')}
<text x="${(size.left + size.width - size.right) / 2}" y="${size.height - 4}" text-anchor="middle">${escapeText(xLabel)}</text>
${lines.join('\n')}
</svg></figure>`;
}
