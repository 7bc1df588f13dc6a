/** The report of a training run: one HTML page with everything in it, which needs no network and no scripts. */
import { escapeText, lineChart } from './chart.js';
import { pngUrl } from './png.js';

export interface ReportEpoch {
  epoch: number;
  trainLoss: number;
  trainAccuracy: number;
  testLoss: number;
  testAccuracy: number;
  imagesPerSecond: number;
}

/** A test image that was taken for something else. */
export interface Mistake {
  image: Uint8Array; // [H,W,C]
  label: number;
  predicted: number;
  /** What the model gave to the true class. */
  probability: number;
}

export interface ReportData {
  model: string;
  dataset: string;
  classes: readonly string[];
  /** Facts of the run, as they are shown: device, options, … */
  facts: readonly (readonly [name: string, value: string])[];
  seconds: number;
  epochs: readonly ReportEpoch[];
  /** Of every step, in order. */
  stepLosses: readonly number[];
  /** Epochs that these cover. Default: as many as there are in `epochs`. */
  epochsCovered?: number;
  /** Test images by [label][prediction]; empty before the first evaluation. */
  confusion: readonly (readonly number[])[];
  /** Of the first convolution. */
  filters: { data: Float32Array; shape: readonly [number, number, number, number] } | undefined; // [K,R,S,C]
  mistakes: readonly Mistake[];
  imageShape: readonly [number, number, number]; // [H,W,C]
}

const percent = (share: number, digits = 1) => `${(share * 100).toFixed(digits)} %`;

const style = `
:root { color-scheme: light dark; --paper: #fcfcfa; --card: #fff; --ink: #1d2127; --soft: #5d6672; --grid: #e3e5e8; --first: #2563c9; --second: #d9622b; --faint: #a9c0e6; --hit: 37 99 201; --miss: 217 98 43; }
@media (prefers-color-scheme: dark) { :root { --paper: #14171b; --card: #1c2026; --ink: #e7eaee; --soft: #9aa4b1; --grid: #323840; --first: #6ea0f2; --second: #f0905f; --faint: #3f587f; --hit: 90 146 240; --miss: 240 144 95; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1120px; margin: 0 auto; padding: 32px 20px 64px; }
h1 { font-size: 30px; line-height: 1.2; margin: 0 0 4px; } h2 { font-size: 19px; margin: 40px 0 10px; }
.lead { color: var(--soft); margin: 0 0 20px; }
.facts { display: flex; flex-wrap: wrap; gap: 8px 28px; margin: 0; } .facts div { min-width: 110px; } dt { color: var(--soft); font-size: 13px; } dd { margin: 0; font-weight: 600; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr)); gap: 20px; margin-top: 28px; }
figure { margin: 0; } .chart { background: var(--card); border: 1px solid var(--grid); border-radius: 10px; padding: 14px; } .chart svg { width: 100%; height: auto; display: block; }
figcaption { font-weight: 600; } .chart figcaption { display: flex; justify-content: space-between; flex-wrap: wrap; gap: 4px 16px; }
.legend { font-weight: 400; color: var(--soft); font-size: 13px; display: flex; gap: 14px; } .legend i { display: inline-block; width: 12px; height: 3px; border-radius: 2px; margin: 0 6px 4px 0; vertical-align: middle; }
svg text { font-size: 12px; fill: var(--soft); }
.scroll { overflow-x: auto; } table { border-collapse: collapse; font-variant-numeric: tabular-nums; } th { font-weight: 500; color: var(--soft); font-size: 13px; text-align: right; padding: 4px 8px; white-space: nowrap; }
td { text-align: right; padding: 4px 10px; } .confusion td { text-align: center; min-width: 52px; height: 40px; padding: 0; border: 2px solid var(--paper); border-radius: 6px; font-size: 13px; } .confusion thead th { text-align: center; vertical-align: bottom; }
.zero { color: var(--grid); } .epochs td, .epochs th { border-bottom: 1px solid var(--grid); padding: 5px 14px; } .epochs th:first-child { padding-left: 0; }
.images { display: flex; flex-wrap: wrap; gap: 14px; } .images img { display: block; image-rendering: pixelated; border-radius: 6px; border: 1px solid var(--grid); }
.filters img { width: 72px; height: 72px; } .mistakes figure { width: 128px; } .mistakes img { width: 128px; height: 128px; } .mistakes figcaption { font-weight: 400; font-size: 13px; line-height: 1.35; margin-top: 4px; } .mistakes small { color: var(--soft); }
`;

function charts({ epochs, stepLosses, epochsCovered = epochs.length }: ReportData): string {
  const by = (value: (epoch: ReportEpoch) => number) => epochs.map((epoch) => [epoch.epoch, value(epoch)] as const);
  const loss = lineChart({
    title: 'Loss',
    xLabel: 'epoch',
    format: (value) => value.toFixed(2),
    series: [
      { name: 'steps', color: 'faint', points: smoothed(stepLosses, epochsCovered) },
      { name: 'train', color: 'first', points: by((epoch) => epoch.trainLoss) },
      { name: 'test', color: 'second', points: by((epoch) => epoch.testLoss) },
    ],
  });
  const accuracy = lineChart({
    title: 'Accuracy',
    xLabel: 'epoch',
    format: (value) => percent(value),
    series: [
      { name: 'train', color: 'first', points: by((epoch) => epoch.trainAccuracy) },
      { name: 'test', color: 'second', points: by((epoch) => epoch.testAccuracy) },
    ],
  });
  return `<div class="charts">${loss}${accuracy}</div>`;
}

/** Step losses as at most 200 means of neighbours, against the epoch. */
function smoothed(losses: readonly number[], epochs: number): [number, number][] {
  const group = Math.ceil(losses.length / 200) || 1;
  return Array.from({ length: Math.floor(losses.length / group) }, (_, i) => {
    const part = losses.slice(i * group, (i + 1) * group);
    return [((i + 0.5) * group * epochs) / losses.length, part.reduce((sum, loss) => sum + loss, 0) / part.length];
  });
}

function epochTable({ epochs }: ReportData): string {
  if (epochs.length === 0) return '';
  const rows = epochs.map(
    (e) => `<tr><td>${e.epoch}</td><td>${e.trainLoss.toFixed(4)}</td><td>${percent(e.trainAccuracy, 2)}</td><td>${e.testLoss.toFixed(4)}</td><td>${percent(e.testAccuracy, 2)}</td><td>${Math.round(e.imagesPerSecond).toLocaleString('en')}</td></tr>`,
  );
  return `<h2>Epochs</h2><div class="scroll"><table class="epochs"><thead><tr><th>epoch</th><th>train loss</th><th>train accuracy</th><th>test loss</th><th>test accuracy</th><th>images/s</th></tr></thead><tbody>${rows.join('')}</tbody></table></div>`;
}

function confusionTable({ confusion, classes }: ReportData): string {
  if (confusion.length === 0) return '';
  const rows = confusion.map((row, label) => {
    const total = row.reduce((sum, count) => sum + count, 0);
    const cells = row.map((count, prediction) => {
      if (count === 0) return '<td class="zero">0</td>';
      const share = count / total;
      const strength = label === prediction ? 0.12 + 0.55 * share : Math.min(0.75, 0.1 + 2.2 * share);
      const what = `${count} of ${total} ${classes[label]} were taken for ${classes[prediction]}`;
      return `<td style="background:rgb(var(--${label === prediction ? 'hit' : 'miss'}) / ${strength.toFixed(2)})" title="${escapeText(what)}">${count}</td>`;
    });
    return `<tr><th scope="row">${escapeText(classes[label] ?? '')}</th>${cells.join('')}</tr>`;
  });
  const head = classes.map((name) => `<th scope="col">${escapeText(name)}</th>`).join('');
  return `<h2>Confusion matrix</h2><p class="lead">Test images by their class (rows) and what the model took them for (columns).</p>
<div class="scroll"><table class="confusion"><thead><tr><th></th>${head}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`;
}

function filterImages({ filters }: ReportData): string {
  if (!filters) return '';
  const [count, height, width, channels] = filters.shape;
  const shown = channels === 3 ? 3 : 1;
  const size = height * width * channels;
  const images = Array.from({ length: count }, (_, k) => {
    const weights = filters.data.subarray(k * size, (k + 1) * size);
    const largest = weights.reduce((most, weight) => Math.max(most, Math.abs(weight)), 1e-12);
    const pixels = new Uint8Array(height * width * shown);
    for (let i = 0; i < pixels.length; i++) {
      const weight = weights[shown === channels ? i : i * channels] ?? 0;
      pixels[i] = Math.round(127.5 + (127.5 * weight) / largest);
    }
    return `<img src="${pngUrl(pixels, [height, width, shown])}" alt="filter ${k + 1} of ${count}" width="72" height="72">`;
  });
  const what = shown === channels ? '' : ', the first channel of each';
  return `<h2>Filters of the first layer</h2><p class="lead">${count} filters of ${height} × ${width}${what}. Grey is 0, white positive, black negative; each has its own scale.</p>
<div class="images filters">${images.join('')}</div>`;
}

function mistakeImages({ mistakes, classes, confusion, imageShape: [height, width, channels] }: ReportData): string {
  if (confusion.length === 0) return '';
  if (mistakes.length === 0) return '<h2>Worst mistakes</h2><p class="lead">There are none.</p>';
  const shape = [height, width, channels === 3 ? 3 : 1] as const;
  const figures = mistakes.map(({ image, label, predicted, probability }) => {
    const truth = escapeText(classes[label] ?? ''), taken = escapeText(classes[predicted] ?? '');
    return `<figure><img src="${pngUrl(image, shape)}" alt="${truth} taken for ${taken}" width="128" height="128"><figcaption><b>${truth}</b><br>taken for ${taken}<br><small>true: ${percent(probability, probability < 0.001 ? 3 : 1)}</small></figcaption></figure>`;
  });
  return `<h2>Worst mistakes</h2><p class="lead">The test images whose true class the model thought least likely.</p><div class="images mistakes">${figures.join('')}</div>`;
}

/** The page in parts, as HTML. */
export interface ReportParts {
  title: string;
  lead: string;
  facts: string;
  charts: string;
  epochs: string;
  confusion: string;
  filters: string;
  mistakes: string;
}

/** The parts of a report, also of a run that still goes on. */
export function reportParts(data: ReportData): ReportParts {
  const last = data.epochs.at(-1);
  return {
    title: escapeText(`${data.model} on ${data.dataset}: ${last ? percent(last.testAccuracy, 2) : 'no epoch finished'}`),
    lead: last ? `test accuracy after ${data.epochs.length} ${data.epochs.length === 1 ? 'epoch' : 'epochs'} and ${data.seconds.toFixed(0)} seconds` : '',
    facts: data.facts.map(([name, value]) => `<div><dt>${escapeText(name)}</dt><dd>${escapeText(value)}</dd></div>`).join(''),
    charts: charts(data),
    epochs: epochTable(data),
    confusion: confusionTable(data),
    filters: filterImages(data),
    mistakes: mistakeImages(data),
  };
}

/** A page with the report's looks. @param head goes into its head. @param main is HTML. */
export function page(title: string, main: string, head = ''): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${title}</title><style>${style}</style>${head}</head>
<body><main>${main}</main></body></html>
`;
}

/** The report as a page of its own. */
export function renderReport(data: ReportData): string {
  const { title, lead, facts, ...rest } = reportParts(data);
  return page(title, `<h1>${title}</h1><p class="lead">${lead}</p><dl class="facts">${facts}</dl>\n${Object.values(rest).join('\n')}\n`);
}
