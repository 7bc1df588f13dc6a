/** Folders of JPEG, PNG and WebP files, one folder for each class. */
import { readdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';

import { ConvoltError } from '../core/errors.js';
import { Skips } from './corrupt.js';
import { Dataset, type Corrupt } from './dataset.js';
import { imageFile, openDecoder, type DecodeOptions } from './decode.js';

export interface ImageFolderOptions extends DecodeOptions {
  /** Names of the classes, in the order of their labels. Default: those of the folders, sorted. */
  classes?: readonly string[];
  /** What becomes of a file that cannot be decoded, or a folder that is none of `classes`. Default 'throw'. */
  corrupt?: Corrupt;
}

/**
 * The images under `folder/CLASS/`, in the order of their names. Only names are read at first; files are decoded when
 * they are asked for, on the threads of libuv, of which there are as many as the environment's UV_THREADPOOL_SIZE says
 * (4 where it does not): a machine with more cores wants more.
 *
 * @throws ERR_FILE if the folder cannot be read; ERR_DATA if there are no images in it, or one is in the wrong place;
 *   ERR_ARGUMENT if the package sharp is not installed. Reading an image throws ERR_DATA if it is corrupt.
 */
export async function imageFolder(folder: string, { classes, corrupt, ...decoding }: ImageFolderOptions): Promise<Dataset> {
  const decoder = await openDecoder('imageFolder', decoding);
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((error: Error) => {
    throw new ConvoltError('ERR_FILE', `${folder}: expected a folder that can be read, but got ${error.message}`, { cause: error });
  });
  const files = entries
    .filter((entry) => entry.isFile() && imageFile.test(entry.name))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
  const classOf = (file: string): string => (file.includes(sep) ? (file.split(sep)[0] ?? '') : '');
  const names = classes ?? [...new Set(files.map(classOf))].filter(Boolean).sort();
  const labelOf = new Map(names.map((name, label) => [name, label]));

  const skips = new Skips(corrupt);
  const labelled: { path: string; label: number }[] = [];
  for (const file of files) {
    const path = join(folder, file), label = labelOf.get(classOf(file));
    if (label === undefined) {
      skips.leaveOut(path, `expected images in folders of their classes (${names.join(', ')}), but got one in '${classOf(file)}'`);
    } else {
      labelled.push({ path, label });
    }
  }
  if (labelled.length === 0) {
    throw new ConvoltError('ERR_DATA', `${folder}: expected JPEG, PNG or WebP files in a folder for each class, but there are none`);
  }
  return new Dataset({
    images: (index) => {
      const { path } = labelled[index]!;
      return decoder.decode(path, path).catch((error: unknown) => skips.leaveOutAfter(path, error));
    },
    labels: labelled.map(({ label }) => label),
    shape: decoder.shape,
    classes: names,
    skipped: skips.notes,
  });
}
