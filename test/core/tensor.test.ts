import { describe, expect, test } from 'vitest';

import { device as openDevice } from '../../lib/core/device.js';
import { ConvoltError } from '../../lib/core/errors.js';
import { Tensor, tensor } from '../../lib/core/tensor.js';
import { add, sum } from '../../lib/ops/index.js';
import { testDevices } from '../devices.js';

describe.each(testDevices)('tensors on %s', (device) => {
  test('are made of numbers, lists and typed arrays, and read back', async () => {
    const scalar = tensor(2.5, { device });
    expect(scalar.shape).toEqual([]);
    expect(await scalar.item()).toBe(2.5);
    expect(await tensor([1, 2, 3], { device }).data()).toEqual(Float32Array.of(1, 2, 3));
    expect(await tensor([1, 2, 3], { device, dtype: 'uint8' }).data()).toEqual(Uint8Array.of(1, 2, 3));
    expect(await tensor([-1, 2], { device, dtype: 'int32' }).data()).toEqual(Int32Array.of(-1, 2));
    const labels = tensor(Int32Array.of(5, 6, 7, 8), { shape: [2, 2], device });
    expect([labels.dtype, labels.shape, labels.numel]).toEqual(['int32', [2, 2], 4]);
    expect(await labels.data()).toEqual(Int32Array.of(5, 6, 7, 8));
    expect(await tensor(new Uint8Array(0), { shape: [0, 4], device }).data()).toEqual(new Uint8Array(0));
  });

  test('copy what they are made of', async () => {
    const host = Float32Array.of(1, 2);
    const x = tensor(host, { device });
    host[0] = 9;
    const read = await x.data();
    read[1] = 9;
    expect(await x.data()).toEqual(Float32Array.of(1, 2));
  });

  test('take part of a larger buffer', async () => {
    const host = Float32Array.of(0, 1, 2, 3, 4);
    expect(await tensor(host.subarray(1, 4), { device }).data()).toEqual(Float32Array.of(1, 2, 3));
  });

  test('refuse a shape that does not hold the data', () => {
    expect(() => tensor([1, 2, 3], { shape: [2, 2], device })).toThrow(
      'tensor: expected a shape with the 3 elements of the data, but got [2,2]',
    );
    expect(() => tensor([1], { shape: [-1, -1], device })).toThrow(ConvoltError);
    expect(() => tensor([1], { shape: [0.5, 2], device })).toThrow(ConvoltError);
  });

  test('are written in the order of the work', async () => {
    const x = tensor([1, 2], { device });
    const before = add(x, 10);
    x.write(Float32Array.of(3, 4));
    const after = add(x, 10);
    expect(await before.data()).toEqual(Float32Array.of(11, 12));
    expect(await after.data()).toEqual(Float32Array.of(13, 14));
    expect(() => {
      x.write(Float32Array.of(1));
    }).toThrow('write: expected 2 elements of float32, but got 1 of float32');
  });

  test('reshape without a copy', async () => {
    const x = tensor([1, 2, 3, 4, 5, 6], { shape: [2, 3], device });
    const y = x.reshape([3, -1]);
    expect(y.shape).toEqual([3, 2]);
    x.write(Float32Array.of(6, 5, 4, 3, 2, 1));
    expect(await y.data()).toEqual(Float32Array.of(6, 5, 4, 3, 2, 1));
    expect(() => x.reshape([4, -1])).toThrow('reshape: expected a shape with the 6 elements of [2,3], but got [4,-1]');
    expect(() => x.reshape([-1, -1])).toThrow('reshape: expected');
    expect(() => x.reshape([5])).toThrow('reshape: expected');
  });

  test('a reshaped or detached one outlives the original', async () => {
    const x = tensor([1, 2], { device });
    const y = x.reshape([2, 1]), z = x.detach();
    x.dispose();
    expect(await y.data()).toEqual(Float32Array.of(1, 2));
    y.dispose();
    expect(await z.data()).toEqual(Float32Array.of(1, 2));
  });

  test('after dispose() they are refused, and a second dispose() does nothing', async () => {
    const x = tensor([1, 2], { device });
    x.dispose();
    x.dispose();
    expect(x.isDisposed).toBe(true);
    expect(() => sum(x)).toThrow('sum: expected x to be a live tensor, but got [2] that was disposed');
    expect(() => x.reshape([1, 2])).toThrow('disposed');
    await expect(x.data()).rejects.toThrow('disposed');
  });

  test('a read that is under way when its tensor is disposed still gives the values', async () => {
    const x = tensor([1, 2], { device });
    const reading = x.data();
    x.dispose();
    const y = tensor([3, 4], { device }); // takes over the memory
    expect(await reading).toEqual(Float32Array.of(1, 2));
    expect(await y.data()).toEqual(Float32Array.of(3, 4));
  });

  test('item() wants one element', async () => {
    await expect(tensor([1, 2], { device }).item()).rejects.toThrow('item: expected a tensor with one element, but got shape [2]');
  });

  test('say what they are', () => {
    expect(String(tensor([1, 2], { device }))).toBe(`Tensor(float32 [2] on ${openDevice(device).name})`);
    expect(tensor(1, { device })).toBeInstanceOf(Tensor);
  });
});
