/** Images in Parquet files, as Hugging Face's data sets have them, read by the package hyparquet. */
import { brotliDecompressSync, gunzipSync } from 'node:zlib';

import { ConvoltError } from '../core/errors.js';
import { Skips } from './corrupt.js';
import { Dataset, type Corrupt } from './dataset.js';
import { openDecoder, type DecodeOptions } from './decode.js';

export interface ParquetOptions extends DecodeOptions {
  /** The column of encoded images: bytes, or a struct whose field `bytes` they are. Default 'image'. */
  image?: string;
  /** The column of labels, whole numbers. Default 'label'. */
  label?: string;
  /** Names of the classes, by label. Default: those in the file's metadata, where Hugging Face's library puts them. */
  classes?: readonly string[];
  /** What becomes of a row whose image cannot be decoded or whose label is of no class. Default 'throw'. */
  corrupt?: Corrupt;
}

async function loadHyparquet(): Promise<typeof import('hyparquet')> {
  try {
    return await import('hyparquet');
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND';
    const why = isMissing ? 'it is not installed (npm install hyparquet)' : `it cannot be loaded: ${String(error)}`;
    throw new ConvoltError('ERR_ARGUMENT', `parquet: expected the package hyparquet to read files with, but ${why}`);
  }
}

/** Codecs beside Snappy, which hyparquet has. */
const compressors = {
  GZIP: (input: Uint8Array): Uint8Array => gunzipSync(input),
  BROTLI: (input: Uint8Array): Uint8Array => brotliDecompressSync(input),
};

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** The encoded image in a cell, or undefined if there is none. */
function imageBytes(cell: unknown): Uint8Array | undefined {
  const bytes = isRecord(cell) && 'bytes' in cell ? cell['bytes'] : cell;
  return bytes instanceof Uint8Array ? bytes : undefined;
}

/** The names of a label column's classes in `{"info":{"features":{COLUMN:{"names":[…]}}}}`. */
function classNames(metadata: string | undefined, column: string): string[] | undefined {
  let at: unknown;
  try {
    at = JSON.parse(metadata ?? 'null');
  } catch {
    return undefined;
  }
  for (const key of ['info', 'features', column, 'names']) at = isRecord(at) ? at[key] : undefined;
  return Array.isArray(at) && at.every((name) => typeof name === 'string') ? at : undefined;
}

/**
 * The images of some files, in the order of their rows. Encoded images are held in memory, and decoded when they are
 * asked for. Pages may be plain, or packed by Snappy, gzip or Brotli.
 *
 * @throws ERR_FILE if a file cannot be read; ERR_DATA if one is no Parquet file, has not the two columns, or a label is
 *   wrong; ERR_ARGUMENT if the package hyparquet or sharp is not installed, or the classes are not known. Reading an image
 *   throws ERR_DATA if it is corrupt.
 */
export async function parquet(files: readonly string[], { image = 'image', label = 'label', classes, corrupt, ...decoding }: ParquetOptions): Promise<Dataset> {
  const decoder = await openDecoder('parquet', decoding);
  const { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } = await loadHyparquet();
  const skips = new Skips(corrupt);
  const rows: { bytes: Uint8Array; label: number; name: string }[] = [];
  let names = classes;
  for (const path of files) {
    const file = await asyncBufferFromFile(path).catch((error: Error) => {
      throw new ConvoltError('ERR_FILE', `${path}: expected a file that can be read, but got ${error.message}`, { cause: error });
    });
    const read = async () => {
      const metadata = await parquetMetadataAsync(file);
      names ??= classNames(metadata.key_value_metadata?.find(({ key }) => key === 'huggingface')?.value, label);
      return parquetReadObjects({ file, metadata, columns: [image, label], compressors, utf8: false });
    };
    const objects = await read().catch((error: Error) => {
      const problem = `${path}: expected a Parquet file with columns ${image} and ${label}, but got ${error.message}`;
      skips.leaveOutAfter(path, new ConvoltError('ERR_DATA', problem, { cause: error }));
      return [];
    });
    if (!names) throw new ConvoltError('ERR_ARGUMENT', `parquet: expected classes to be given, as ${path} does not name them, but got none`);
    for (const [row, object] of objects.entries()) {
      const name = `${path} row ${row}`, bytes = imageBytes(object[image]), value = Number(object[label] ?? NaN);
      const isLabel = Number.isInteger(value) && value >= 0 && value < names.length;
      if (bytes && isLabel) rows.push({ bytes, label: value, name });
      else if (!isLabel) skips.leaveOut(name, `expected a label from 0 to below ${names.length}, but got ${String(object[label])}`);
      else skips.leaveOut(name, `expected the bytes of an image in column ${image}, but got none`);
    }
  }
  return new Dataset({
    images: (index) => {
      const { bytes, name } = rows[index]!;
      return decoder.decode(() => bytes, name).catch((error: unknown) => skips.leaveOutAfter(name, error));
    },
    labels: rows.map(({ label }) => label),
    shape: decoder.shape,
    classes: names ?? [],
    skipped: skips.notes,
  });
}
