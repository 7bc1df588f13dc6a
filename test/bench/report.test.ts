/** What the GPU benchmark writes, from rows that were made up: figures that can be worked out by hand. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';

import { bound, floor, geometricMean, means, partOfRoofline, ratio } from '../../bench/gpu/figures.js';
import { timingOf } from '../../bench/gpu/measure.js';
import { markdown, reportName, writeReport } from '../../bench/gpu/report.js';
import type { GpuResult, Row } from '../../bench/gpu/result.js';
import { rooflinePlot, withUnit } from '../../bench/gpu/roofline.js';

const timing = (milliseconds: number) => ({ milliseconds, spread: 0.01, runs: 9 });

const rows: Row[] = [
  { part: 'convolutions', name: 'a 3x3 forward', kind: 'dense', flops: 4e12, bytes: 4e9, ours: timing(8), peers: { cuDNN: timing(16), PyTorch: timing(4) } },
  { part: 'convolutions', name: 'b <1x1> forward', kind: 'dense', flops: 1e9, bytes: 4e9, ours: timing(2), peers: { cuDNN: timing(4), PyTorch: { why: 'out of memory' } } },
  { part: 'convolutions', name: 'c | depthwise', kind: 'depthwise', flops: 1e9, bytes: 4e9, ours: { why: 'out of memory' }, peers: { cuDNN: timing(1) } },
  { part: 'memory', name: 'relu forward', kind: 'layer', flops: 0, bytes: 2e9, ours: timing(1), peers: {} },
  { part: 'steps', name: 'lenet5 batch 64', kind: 'step', flops: 1e9, bytes: 0, ours: timing(0.5), peers: { 'PyTorch eager': timing(2) }, images: 64, peak: { convolt: 5e6 }, notRecorded: null },
];

const result: GpuResult = {
  benchmark: 'gpu', device: 'cuda:0', dryRun: false, filter: null,
  hardware: { cpu: 'a CPU', cores: 16, memoryGiB: 128, node: 'v20', commit: 'abc', date: '2026-01-01' },
  gpu: { name: 'a GPU', computeCapability: '9.0', multiprocessors: 132, memoryGiB: 139, driver: '580', toolkit: '13.0' },
  versions: { cudnn: '9.0.0' }, seed: 7, seconds: 100,
  ceilings: { bytesPerSecond: 4e12, flopsPerSecond: 1e15, found: [{ what: 'copy', by: 'the driver', perSecond: 4e12 }] },
  checks: [{ part: 'correctness', name: 'ops', passed: 10, failed: 1, seconds: 3, note: 'add: x' }],
  rows,
  notMeasured: [{ what: 'PyTorch compile', why: 'the time was up' }],
};

describe('figures', () => {
  test('the floor is what takes longer, arithmetic or memory', () => {
    expect(floor(rows[0]!, result.ceilings)).toBeCloseTo(4); // 4e12 / 1e15 s, above 4e9 / 4e12 s
    expect(floor(rows[1]!, result.ceilings)).toBeCloseTo(1);
    expect(rows.map((row) => bound(row, result.ceilings))).toEqual(['arithmetic', 'memory', 'memory', 'memory', 'arithmetic']);
    expect(rows.map((row) => partOfRoofline(row, result.ceilings))).toEqual([0.5, 0.5, null, 0.5, expect.closeTo(0.002)]);
    expect(partOfRoofline(rows[0]!, { bytesPerSecond: null, flopsPerSecond: null, found: [] })).toBeNull();
  });

  test('a ratio says how many times as fast we are', () => {
    expect(ratio(rows[0]!.ours, rows[0]!.peers['cuDNN'])).toBe(2);
    expect(ratio(rows[0]!.ours, rows[0]!.peers['PyTorch'])).toBe(0.5);
    expect(ratio(rows[2]!.ours, rows[2]!.peers['cuDNN'])).toBeNull();
    expect(ratio(rows[3]!.ours, undefined)).toBeNull();
  });

  test('means are geometric, over what both have a time for', () => {
    expect(geometricMean([1, 4])).toBeCloseTo(2);
    expect(geometricMean([])).toBeNull();
    expect(means(rows)).toContainEqual({ part: 'convolutions', kind: 'all', peer: 'cuDNN', ratio: expect.closeTo(2) as number, rows: 2 });
    expect(means(rows)).toContainEqual({ part: 'convolutions', kind: 'dense', peer: 'PyTorch', ratio: expect.closeTo(0.5) as number, rows: 1 });
    expect(means(rows).some(({ kind }) => kind === 'depthwise')).toBe(false);
  });

  test('a timing is a median, and the distance of the tenths', () => {
    expect(timingOf([3, 1, 2])).toEqual({ milliseconds: 2, spread: 1, runs: 3 });
    expect(timingOf(Array.from({ length: 100 }, (_, i) => i + 1))).toEqual({ milliseconds: 50.5, spread: 80 / 50.5, runs: 100 });
  });
});

describe('the report', () => {
  const folder = mkdtempSync(join(tmpdir(), 'convolt-report-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  test('has its figures in a table of each part', () => {
    const text = markdown(result, 'gpu.svg');
    expect(text).toContain('| a 3x3 forward | 8.00 ms | 50 % | arithmetic | 16.00 ms | 2.00 × | 4.00 ms | 0.50 × |');
    expect(text).toContain('| b <1x1> forward | 2.00 ms | 50 % | memory | 4.00 ms | 2.00 × | none |  |');
    expect(text).toContain('| c \\| depthwise | none |');
    expect(text).toContain('| lenet5 batch 64 | 500.0 µs | yes | 0 % | arithmetic | 128,000 | 5 MB | 2.00 ms | 4.00 × |');
    expect(text).toContain('a GPU (compute capability 9.0, 132 multiprocessors, 139 GiB), driver 580');
    expect(text).toContain('- PyTorch compile: the time was up');
    expect(text).not.toContain('trial');
  });

  test('says why a step was not recorded', () => {
    const text = markdown({ ...result, rows: [{ ...rows[4]!, notRecorded: 'something reads | waits' }] }, null);
    expect(text).toContain('| lenet5 batch 64 | 500.0 µs | no: something reads \\| waits | 0 % |');
  });

  test('says of a trial that it is one', () => {
    expect(markdown({ ...result, dryRun: true, gpu: null, device: 'emu' }, null)).toContain('**A trial of the benchmark itself on `emu`');
  });

  test('is written as JSON, Markdown and a plot', () => {
    expect(writeReport(folder, result)).toEqual(['gpu.json', 'gpu.md', 'gpu.svg'].map((name) => join(folder, name)));
    const json = JSON.parse(readFileSync(join(folder, 'gpu.json'), 'utf8')) as { rows: object[]; hardware: object; gpu: object; versions: object };
    expect(json.rows[0]).toMatchObject({ name: 'a 3x3 forward', ratios: { cuDNN: 2, PyTorch: 0.5 }, partOfRoofline: 0.5 });
    expect(json).toMatchObject({ hardware: result.hardware, gpu: result.gpu, versions: result.versions, ceilings: result.ceilings });
    expect(writeReport(folder, { ...result, filter: 'convolutions 3x3', rows: [] })).toHaveLength(2); // without points no plot
    expect(reportName({ filter: 'Convolutions ResNet 3x3/2' })).toBe('gpu-convolutions-resnet-3x3-2');
  });

  test('draws a point for each row that has arithmetic and bytes, under the roof', () => {
    const svg = rooflinePlot('a & b', rows, result.ceilings)!;
    const points = [...svg.matchAll(/<circle cx="([\d.]+)" cy="([\d.]+)" r="4"/g)].map(([, x, y]) => [Number(x), Number(y)] as const);
    expect(points).toHaveLength(2);
    const [, ridge, end] = /points="([^"]+)"/.exec(svg)![1]!.split(' ').map((pair) => pair.split(',').map(Number) as [number, number]);
    for (const [, y] of points) expect(y).toBeGreaterThan(ridge![1]); // lower on the page
    expect(ridge![1]).toBe(end![1]);
    expect(points[0]![0]).toBeGreaterThan(ridge![0]); // bound by arithmetic
    expect(points[1]![0]).toBeLessThan(ridge![0]);
    expect(svg).toContain('a &amp; b');
    expect(svg).toContain('b &lt;1x1&gt; forward');
    expect(rooflinePlot('', rows.slice(3, 4), result.ceilings)).toBeNull();
    expect([3.2e12, 4e9, 12, 0.5].map((value) => withUnit(value, 'B/s'))).toEqual(['3.2 TB/s', '4 GB/s', '12 B/s', '0.5 B/s']);
  });
});
