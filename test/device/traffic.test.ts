/**
 * What convolutions move, and what tensor cores multiply for them, as the emulator counts it, at layers of ResNet-50 (K. He et al.,
 * arXiv:1512.03385, table 1) and ResNeXt-50 32x4d (S. Xie et al., arXiv:1611.05431, table 1) with one image: budgets that a change must not break.
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

interface Buffer {
  requested: number;
  sectors: number;
  fetched: number;
  written: number;
}

/** What batch normalisation makes of y is normalised; partial results and what there is for each channel are others. */
type BufferName = 'x' | 'w' | 'y' | 'normalised' | 'others';

interface Launch {
  kernel: string;
  /** Multiply-adds of tensor cores. */
  products: number;
  /** Over the banks of shared memory. */
  passes: number;
  /** Passes too many, for accesses of 16 bytes: those of the main loop. */
  conflicts: number;
  buffers: Record<BufferName, Buffer>;
}

const bytes = 2; // of a bf16
const program = fileURLToPath(new URL('../../build/race/traffic', import.meta.url));

interface Layer {
  size: number;
  c: number;
  k: number;
  kernel: number;
  stride: number;
  groups?: number;
}

const sizes = ({ size, c, k, kernel, stride, groups = 1 }: Layer) => {
  const output = Math.ceil(size / stride);
  return { x: size * size * c * bytes, w: (k * kernel * kernel * c * bytes) / groups, y: output * output * k * bytes };
};

type Pass = 'forward' | 'input_grad' | 'weight_grad' | 'batch_norm' | 'conv_batch_norm' | 'normalized_forward' | 'normalized_weight_grad';

/** Runs one pass with a cache that holds the filters twice and half of the images that are read; of a stem's, which is small, all. */
function launches(pass: Pass, layer: Layer, algorithm: 'implicit_gemm' | 'wgmma' | 'direct' = 'implicit_gemm'): Launch[] {
  const { size, c, k, kernel, stride, groups = 1 } = layer, { x, w, y } = sizes(layer);
  const part = c % 8 === 0 ? 0.5 : 1.1;
  const cache = 2 * w + Math.floor((pass === 'input_grad' ? y : pass.endsWith('weight_grad') ? x + y : x) * part);
  const numbers = [1, size, size, c, k, kernel, stride, Math.floor(kernel / 2), groups, cache];
  const call = [pass, algorithm, ...numbers.map(String)], found = runs.get(call.join(' '));
  if (found) return found;
  const output = execFileSync(program, call, { encoding: 'utf8' });
  const counted = output.trim().split('\n').map((line) => JSON.parse(line) as Launch);
  runs.set(call.join(' '), counted);
  return counted;
}

/** What was counted before, by the program's arguments. */
const runs = new Map<string, Launch[]>();

const layers: Layer[] = [
  { size: 56, c: 64, k: 64, kernel: 3, stride: 1 },
  { size: 28, c: 128, k: 128, kernel: 3, stride: 1 },
  { size: 14, c: 256, k: 256, kernel: 3, stride: 1 },
  { size: 7, c: 512, k: 512, kernel: 3, stride: 1 },
  { size: 56, c: 64, k: 128, kernel: 3, stride: 2 },
  { size: 56, c: 64, k: 256, kernel: 1, stride: 1 }, // its input is larger than the cache, and has several columns of tiles
];

/** In ResNeXt-50, groups of 4 to 32 channels. */
const grouped: Layer[] = [
  { size: 56, c: 128, k: 128, kernel: 3, stride: 1, groups: 32 },
  { size: 28, c: 512, k: 512, kernel: 3, stride: 2, groups: 32 },
  { size: 7, c: 1024, k: 1024, kernel: 3, stride: 1, groups: 32 },
];

/** First layers: of ResNet-50, of its form for CIFAR, and of AlexNet. */
const stems: Layer[] = [
  { size: 224, c: 3, k: 64, kernel: 7, stride: 2 },
  { size: 32, c: 3, k: 16, kernel: 3, stride: 1 },
  { size: 224, c: 3, k: 64, kernel: 11, stride: 4 },
];

/** Of MobileNetV2 (M. Sandler et al., arXiv:1801.04381, table 2), and larger kernels: 5, 7 and 31. */
const depthwise: Layer[] = [
  { size: 56, c: 144, k: 144, kernel: 3, stride: 1, groups: 144 },
  { size: 56, c: 144, k: 144, kernel: 3, stride: 2, groups: 144 },
  { size: 14, c: 384, k: 384, kernel: 3, stride: 1, groups: 384 },
  { size: 28, c: 192, k: 192, kernel: 5, stride: 1, groups: 192 },
  { size: 14, c: 64, k: 64, kernel: 7, stride: 1, groups: 64 },
  { size: 32, c: 32, k: 32, kernel: 31, stride: 1, groups: 32 },
];

/** Channels that are multiplied together. */
const packed = 32;

const total = (all: readonly Launch[], name: BufferName, what: keyof Buffer) => all.reduce((sum, { buffers }) => sum + buffers[name][what], 0);

const conflicts = (all: readonly Launch[]) => all.reduce((sum, launch) => sum + launch.conflicts, 0);

const products = (all: readonly Launch[]) => all.reduce((sum, launch) => sum + launch.products, 0);

const wholeTiles = (extent: number, tile: number) => Math.ceil(extent / tile) * tile;

describe.each([...layers, ...grouped])('$kernel x $kernel at $size x $size, $c to $k channels, stride $stride, groups $groups', (layer) => {
  const { x, w, y } = sizes(layer);
  const { c, k } = layer.groups ? { c: packed, k: packed } : layer;
  const rows = Math.ceil(layer.size / layer.stride) ** 2, window = layer.kernel ** 2 * c;
  const packs = layer.k / k;

  it('tensor cores multiply what there is, in whole tiles', () => {
    expect(products(launches('forward', layer))).toBeLessThanOrEqual(packs * wholeTiles(rows, 128) * wholeTiles(k, 64) * window);
    expect(products(launches('weight_grad', layer))).toBeLessThanOrEqual(packs * wholeTiles(rows, 32) * k * wholeTiles(window, 128));
    // The phases of stride 2 are four products, each of a fourth of dx, and no tap is in two of them.
    const ofInput = packs * wholeTiles(rows, 128) * wholeTiles(c, 64) * layer.kernel ** 2 * k;
    expect(products(launches('input_grad', layer))).toBeLessThanOrEqual(ofInput);
  });

  it('forward reads each input at most 1.5 times and writes y once', () => {
    const all = launches('forward', layer);
    expect(total(all, 'x', 'fetched') / x).toBeLessThanOrEqual(1.5);
    expect(total(all, 'w', 'fetched') / w).toBeLessThanOrEqual(1.5);
    expect(total(all, 'y', 'written')).toBe(y);
    expect(total(all, 'x', 'requested') / x).toBeLessThanOrEqual(layer.kernel ** 2 * Math.ceil(k / 64));
    expect(conflicts(all)).toBe(0);
  });

  it('the input gradient reads dy and the filters at most 1.5 times and writes dx once', () => {
    const all = launches('input_grad', layer);
    expect(total(all, 'y', 'fetched') / y).toBeLessThanOrEqual(1.5);
    expect(total(all, 'w', 'fetched') / w).toBeLessThanOrEqual(1.5);
    expect(total(all, 'x', 'written')).toBe(x);
    expect(conflicts(all)).toBe(0);
  });

  it('the weight gradient asks the cache for dy once for each column of tiles, for x once for each row and tap', () => {
    const all = launches('weight_grad', layer);
    expect(total(all, 'y', 'requested') / y).toBeLessThanOrEqual(Math.ceil((layer.kernel ** 2 * c) / (k <= packed ? 128 : 64)));
    expect(total(all, 'x', 'requested') / x).toBeLessThanOrEqual(layer.kernel ** 2 * Math.ceil(k / 64));
    expect(conflicts(all)).toBe(0);
  });
});

describe.each(stems)('a stem of $kernel x $kernel at $size x $size, $c to $k channels, stride $stride', (layer) => {
  const { x, w } = sizes(layer), { kernel, stride } = layer;
  const y = (Math.floor((layer.size + 2 * Math.floor(kernel / 2) - kernel) / stride) + 1) ** 2 * layer.k * bytes;
  /** The windows of a tile of 8 x 16 outputs reach so far, beginning at 16 bytes. */
  const overlap = ((7 * stride + kernel) / (8 * stride)) * ((15 * stride + kernel + 5) / (16 * stride));
  /** Shared memory takes that many long filters. */
  const columns = kernel > 7 ? 32 : 64;

  it('reads x once from memory, asks the cache for no tap of its own, and writes y once', () => {
    const all = launches('forward', layer);
    expect(all.length).toBe(1);
    expect(total(all, 'x', 'fetched')).toBe(x);
    expect(total(all, 'x', 'requested') / x).toBeLessThanOrEqual(overlap * Math.ceil(layer.k / columns));
    expect(total(all, 'y', 'written')).toBe(y);
    const extent = Math.sqrt(y / bytes / layer.k), row = wholeTiles(kernel * layer.c + 1, 2); // of a window, in pairs of elements
    expect(products(all)).toBeLessThanOrEqual(wholeTiles(extent, 8) * wholeTiles(extent, 16) * wholeTiles(layer.k, 32) * wholeTiles(kernel * row, 16));
    expect(conflicts(all)).toBeLessThan(all[0]!.passes / 1000); // where lanes copy a chunk more than others, the count is off
  });

  it('reads dy once for its weight gradient', () => {
    const all = launches('weight_grad', layer);
    expect(total(all, 'y', 'requested')).toBe(y);
    expect(total(all, 'x', 'requested') / x).toBeLessThanOrEqual(overlap);
    expect(total(all, 'w', 'written')).toBe(w);
    expect(conflicts(all)).toBe(0);
  });
});

describe.each(depthwise)('depthwise, $kernel x $kernel at $size x $size, $c channels, stride $stride', (layer) => {
  const { x, w, y } = sizes(layer);

  it('forward reads each input at most 1.5 times and writes y once', () => {
    const all = launches('forward', layer, 'direct');
    expect(total(all, 'x', 'fetched') / x).toBeLessThanOrEqual(1.5);
    expect(total(all, 'w', 'fetched')).toBe(w);
    expect(total(all, 'y', 'written')).toBe(y);
    expect(total(all, 'others', 'written')).toBe(w); // the filters, as the kernel reads them
  });

  it('the input gradient reads dy at most 1.5 times for each phase of the stride and writes dx once', () => {
    const all = launches('input_grad', layer, 'direct');
    expect(total(all, 'y', 'fetched') / y).toBeLessThanOrEqual(1.5 * layer.stride ** 2);
    expect(total(all, 'x', 'written')).toBe(x);
  });

  it('the weight gradient reads x and dy at most 1.5 times', () => {
    const all = launches('weight_grad', layer, 'direct');
    expect(total(all, 'x', 'fetched') / x).toBeLessThanOrEqual(1.5);
    expect(total(all, 'y', 'fetched') / y).toBeLessThanOrEqual(1.5);
    expect(total(all, 'w', 'written')).toBe(w);
  });
});

it('by warpgroups the phases of an input gradient at stride 2 are one launch, which reads dy at most twice', () => {
  const layer = layers[4]!, { x, w, y } = sizes(layer), all = launches('input_grad', layer, 'wgmma');
  expect(all.length).toBe(1);
  expect(total(all, 'y', 'fetched') / y).toBeLessThanOrEqual(2); // for the emulator's two blocks, which come one after the other
  expect(total(all, 'w', 'fetched') / w).toBeLessThanOrEqual(2);
  expect(total(all, 'x', 'written')).toBe(x);
  expect(conflicts(all)).toBe(0);
});

describe.each([layers[0]!, layers[4]!, layers[5]!])('batch normalisation behind $kernel x $kernel at $size x $size, $c to $k channels', (layer) => {
  const { x, y } = sizes(layer);

  // The emulator runs the two blocks of wgmma, which share tiles of all rows, one after the other: each reads x by itself.
  it.each([{ algorithm: 'implicit_gemm', reads: 1.5 }, { algorithm: 'wgmma', reads: 2 }] as const)('reads y once, when it normalises, and of partial results 12 bytes for each channel and tile of 64 rows, by $algorithm', ({ algorithm, reads }) => {
    const apart = launches('batch_norm', layer, algorithm), together = launches('conv_batch_norm', layer, algorithm);
    expect(together[0]!.kernel.includes('warpgroups::')).toBe(algorithm === 'wgmma');
    expect(total(apart, 'y', 'fetched')).toBe(2 * y);
    expect(total(together, 'y', 'fetched')).toBe(y);
    expect(total(together, 'y', 'written')).toBe(y);
    expect(total(together, 'normalised', 'written')).toBe(y);
    expect(total(together, 'x', 'fetched') / x).toBeLessThanOrEqual(reads);
    const tiles = Math.ceil(y / bytes / layer.k / 64), partials = 12 * tiles * layer.k, ofChannels = 16 * layer.k; // mean and deviation
    expect(total(together, 'others', 'written')).toBeLessThanOrEqual(partials + ofChannels);
    expect(total(together, 'others', 'fetched')).toBeLessThanOrEqual(partials + ofChannels);
    expect(conflicts(together)).toBe(0);
    expect(together.length).toBeLessThan(apart.length);
  });
});

describe.each([layers[0]!, layers[5]!, layers[4]!])('$kernel x $kernel at $size x $size, $c to $k channels, of an image that is normalised on the way', (layer) => {
  const { x, w, y } = sizes(layer);

  it('reads what the convolution of an image as it is reads, and writes no image but y', () => {
    const plain = launches('conv_batch_norm', layer)[0]!.buffers, all = launches('normalized_forward', layer), first = all[0]!.buffers;
    expect(first.x.fetched).toBe(plain.x.fetched);
    expect(first.x.requested).toBe(plain.x.requested);
    expect(first.w.fetched).toBe(plain.w.fetched);
    expect(first.others.written).toBe(plain.others.written); // partial results of the statistics
    expect(first.others.fetched).toBeLessThanOrEqual(8 * layer.c); // mean and deviation
    expect(total(all, 'y', 'written')).toBe(y);
    expect(conflicts(all)).toBe(0);
  });

  it('has a weight gradient that writes no image', () => {
    const plain = launches('weight_grad', layer), all = launches('normalized_weight_grad', layer);
    expect(all.length).toBe(plain.length);
    expect(total(all, 'x', 'fetched') / x).toBeLessThanOrEqual(1.5);
    expect(total(all, 'others', 'written') - total(plain, 'others', 'written')).toBeLessThanOrEqual(0);
    expect(total(all, 'w', 'written')).toBe(w);
    expect(conflicts(all)).toBe(0);
  });
});
