import { describe, expect, test } from 'vitest';

import { tensor, type Tensor } from '../../lib/core/tensor.js';
import { channelShuffle, depthToSpace, pixelShuffle, pixelUnshuffle, spaceToDepth, zeros } from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';
import { compute, normal, offset, type NdArray } from './array.js';
import { describeOp } from './harness.js';

interface Move {
  run: (x: Tensor) => Tensor;
  reference: (x: NdArray) => NdArray;
}

/** Pixels from channels, where `channel` says in which one row i and column j of a block lie. */
function toSpace(x: NdArray, r: number, channel: (c: number, i: number, j: number, channels: number) => number): NdArray {
  const [n, h, w, depth] = x.shape as [number, number, number, number], channels = depth / r / r;
  return compute([n, h * r, w * r, channels], ([image, row, column, c]) => {
    const at = [image!, Math.floor(row! / r), Math.floor(column! / r), channel(c!, row! % r, column! % r, channels)];
    return x.data[offset(x.shape, at)]!;
  });
}

/** The reverse of {@link toSpace}. */
function toDepth(x: NdArray, r: number, place: (channel: number, channels: number) => { c: number; i: number; j: number }): NdArray {
  const [n, h, w, channels] = x.shape as [number, number, number, number];
  return compute([n, h / r, w / r, channels * r * r], ([image, row, column, channel]) => {
    const { c, i, j } = place(channel!, channels);
    return x.data[offset(x.shape, [image!, row! * r + i, column! * r + j, c])]!;
  });
}

const torchChannel = (r: number) => (c: number, i: number, j: number) => (c * r + i) * r + j;
const onnxChannel = (r: number) => (c: number, i: number, j: number, channels: number) => (i * r + j) * channels + c;
const torchPlace = (r: number) => (channel: number) => ({ c: Math.floor(channel / r / r), i: Math.floor(channel / r) % r, j: channel % r });
const onnxPlace = (r: number) => (channel: number, channels: number) => {
  const block = Math.floor(channel / channels);
  return { c: channel % channels, i: Math.floor(block / r), j: block % r };
};

describeOp<'x', Move>({
  name: 'pixels and channels',
  cases: [
    { name: 'pixelShuffle', inputs: { x: normal([2, 2, 3, 8]) }, options: { run: (x) => pixelShuffle(x, 2), reference: (x) => toSpace(x, 2, torchChannel(2)) } },
    { name: 'pixelShuffle by 3', inputs: { x: normal([1, 2, 2, 9]) }, options: { run: (x) => pixelShuffle(x, 3), reference: (x) => toSpace(x, 3, torchChannel(3)) } },
    { name: 'pixelShuffle by 1', inputs: { x: normal([1, 2, 2, 3]) }, options: { run: (x) => pixelShuffle(x, 1), reference: (x) => x } },
    { name: 'pixelUnshuffle', inputs: { x: normal([2, 4, 6, 3]) }, options: { run: (x) => pixelUnshuffle(x, 2), reference: (x) => toDepth(x, 2, torchPlace(2)) } },
    { name: 'depthToSpace', inputs: { x: normal([2, 2, 3, 8]) }, options: { run: (x) => depthToSpace(x, 2), reference: (x) => toSpace(x, 2, onnxChannel(2)) } },
    { name: 'depthToSpace CRD', inputs: { x: normal([2, 2, 3, 8]) }, options: { run: (x) => depthToSpace(x, 2, 'CRD'), reference: (x) => toSpace(x, 2, torchChannel(2)) } },
    { name: 'spaceToDepth', inputs: { x: normal([2, 4, 6, 3]) }, options: { run: (x) => spaceToDepth(x, 2), reference: (x) => toDepth(x, 2, onnxPlace(2)) } },
    { name: 'of no images', inputs: { x: normal([0, 2, 3, 8]) }, options: { run: (x) => pixelShuffle(x, 2), reference: (x) => toSpace(x, 2, torchChannel(2)) } },
    {
      name: 'channelShuffle',
      inputs: { x: normal([2, 3, 12]) },
      options: { run: (x) => channelShuffle(x, 3), reference: (x) => compute(x.shape, ([n, w, c]) => x.data[offset(x.shape, [n!, w!, (c! % 3) * 4 + Math.floor(c! / 3)])]!) },
    },
    { name: 'channelShuffle of no channels', inputs: { x: normal([2, 0]) }, options: { run: (x) => channelShuffle(x, 3), reference: (x) => x } },
  ],
  run: ({ x }, { run }) => run(x!),
  reference: ({ x }, { reference }) => reference(x!),
  errors: [
    {
      name: 'channels that do not divide',
      act: (on) => pixelShuffle(zeros([1, 2, 2, 6], { device: on }), 2),
      message: 'pixelShuffle: expected the channels of x to be a multiple of 4, but got 6 (x [1,2,2,6])',
    },
    {
      name: 'a height that does not divide',
      act: (on) => spaceToDepth(zeros([1, 3, 2, 6], { device: on }), 2),
      message: 'spaceToDepth: expected the height of x to be a multiple of 2, but got 3 (x [1,3,2,6])',
    },
    {
      name: 'groups that do not divide',
      act: (on) => channelShuffle(zeros([1, 5], { device: on }), 2),
      message: 'channelShuffle: expected the channels of x to be a multiple of 2, but got 5 (x [1,5])',
    },
    {
      name: 'half a block',
      act: (on) => pixelUnshuffle(zeros([1, 2, 2, 1], { device: on }), 0.5),
      message: 'pixelUnshuffle: expected r to be a whole number of at least 1, but got 0.5',
    },
  ],
});

describe.each(testDevices)('depthToSpace on %s', (device) => {
  test('bytes', async () => {
    const y = depthToSpace(tensor(Uint8Array.of(1, 2, 3, 4), { shape: [1, 1, 1, 4], device }), 2);
    expect(y.shape).toEqual([1, 2, 2, 1]);
    expect(await y.data()).toEqual(Uint8Array.of(1, 2, 3, 4));
  });
});
