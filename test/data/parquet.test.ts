/** Files are written by hyparquet-writer. */
import { parquetWriteBuffer } from 'hyparquet-writer';
import { describe, expect, test } from 'vitest';

import { parquet } from '../../lib/data/index.js';
import { encode, picture, readImage, testFolder } from './files.js';

const { write } = testFolder('parquet');
const images = [21, 22, 23].map((seed) => picture(7, 7, seed));
const encoded = await Promise.all(images.map((image) => encode(image, 'png')));
const options = { size: 7, classes: ['a', 'b', 'c'] };

const huggingFace = JSON.stringify({ info: { features: { image: { _type: 'Image' }, label: { names: ['cat', 'dog', 'owl'], _type: 'ClassLabel' } } } });

type Column = Parameters<typeof parquetWriteBuffer>[0]['columnData'][number];

function writeParquet(name: string, columnData: Column[], metadata?: string): string {
  const kvMetadata = metadata === undefined ? [] : [{ key: 'huggingface', value: metadata }];
  return write(name, new Uint8Array(parquetWriteBuffer({ columnData, kvMetadata, rowGroupSize: 2 })));
}

const labels: Column = { name: 'label', data: [2n, 0n, 1n], type: 'INT64' };
const bytes: Column = { name: 'image', data: encoded.map((image) => new Uint8Array(image)), type: 'BYTE_ARRAY' };

describe('parquet', () => {
  test('images as bytes, over row groups and files', async () => {
    const file = writeParquet('plain.parquet', [bytes, labels]);
    const dataset = await parquet([file, file], options);
    expect([...dataset.labels]).toEqual([2, 0, 1, 2, 0, 1]);
    for (let i = 0; i < 6; i++) expect(await readImage(dataset, i)).toEqual(images[i % 3]!.data);
  });

  test('columns by name, classes from the metadata', async () => {
    const file = writeParquet('named.parquet', [{ ...bytes, name: 'img' }, labels], huggingFace);
    const dataset = await parquet([file], { size: 7, image: 'img' });
    expect(dataset.classes).toEqual(['cat', 'dog', 'owl']);
    expect(await readImage(dataset, 1)).toEqual(images[1]!.data);
  });

  test('a wrong label, a corrupt image, no image', async () => {
    const odd = [encoded[0], Buffer.from('no image'), encoded[2]].map((image) => new Uint8Array(image!));
    const file = writeParquet('odd.parquet', [{ ...bytes, data: odd }, { ...labels, data: [0n, 1n, 3n] }]);
    await expect(parquet([file], options)).rejects.toThrow(`${file} row 2: expected a label from 0 to below 3, but got 3`);
    const dataset = await parquet([file], { ...options, corrupt: 'skip' });
    expect([...dataset.labels]).toEqual([0, 1]);
    expect(await readImage(dataset, 1)).toBeNull();
    expect([...dataset.skipped.keys()]).toEqual([`${file} row 2`, `${file} row 1`]);
    const numbers = writeParquet('numbers.parquet', [{ name: 'image', data: [1, 2, 3], type: 'INT32' }, labels]);
    await expect(parquet([numbers], options)).rejects.toThrow(`${numbers} row 0: expected the bytes of an image in column image, but got none`);
  });

  test('no such file, no such format, no such column, no classes', async () => {
    const junk = write('junk.parquet', 'PAR0 and no more');
    await expect(parquet([junk], options)).rejects.toThrow(/junk\.parquet: expected a Parquet file with columns image and label, but got /);
    expect((await parquet([junk], { ...options, corrupt: 'skip' })).skipped.size).toBe(1);
    const file = writeParquet('plain2.parquet', [bytes, labels]);
    await expect(parquet([file], { ...options, label: 'class' })).rejects.toMatchObject({ code: 'ERR_DATA' });
    await expect(parquet([file], { size: 7 })).rejects.toThrow(`parquet: expected classes to be given, as ${file} does not name them, but got none`);
    await expect(parquet([`${file}.none`], options)).rejects.toMatchObject({ code: 'ERR_FILE' });
  });
});
