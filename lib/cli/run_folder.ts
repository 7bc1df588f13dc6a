/** The folder in which a run leaves its files. */
import { access, mkdir, mkdtemp, readdir, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { ConvoltError } from '../core/errors.js';

/** What a run leaves in its folder. */
export const runFiles = { checkpoint: 'model.safetensors', report: 'report.html', checkpoints: 'checkpoints' } as const;

/**
 * Makes a folder for a new run and makes sure that files can be written there.
 *
 * @param folder default: `runs/MODEL-N` below the current folder, with the first N behind all that are there.
 * @param options.resume whether the files of an earlier run may be there, to go on with. Default false.
 * @throws ERR_FILE if it cannot be made or written, or has the files of an earlier run that it may not have.
 */
export async function makeRunFolder(model: string, folder?: string, { resume = false }: { resume?: boolean } = {}): Promise<string> {
  try {
    if (folder === undefined) return await makeNumberedFolder('runs', model);
    await makeFolder(folder);
    await rmdir(await mkdtemp(join(folder, '.writable-')));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConvoltError(
      'ERR_FILE',
      `--out: expected a folder that can be written, but got ${folder ?? 'runs'} (${reason})`,
      { cause: error },
    );
  }
  for (const file of resume ? [] : Object.values(runFiles)) {
    if (await exists(join(folder, file))) {
      throw new ConvoltError(
        'ERR_FILE',
        `--out: expected a folder without files of an earlier run, but got ${folder}, which has ${file}; --resume goes on with it`,
      );
    }
  }
  return folder;
}

/** Makes a folder and those above it. (Node's own `recursive` hangs where mkdir says ENOENT, as in /proc.) */
async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT' || dirname(folder) === folder) throw error;
    await makeFolder(dirname(folder));
    await mkdir(folder);
  }
}

async function makeNumberedFolder(parent: string, model: string): Promise<string> {
  await makeFolder(parent);
  const name = new RegExp(`^${model}-(\\d+)$`);
  const taken = (await readdir(parent)).map((entry) => Number(name.exec(entry)?.[1] ?? 0));
  for (let number = Math.max(0, ...taken) + 1; ; number++) {
    const folder = join(parent, `${model}-${number}`);
    try {
      await mkdir(folder);
      return folder;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error; // else another run was faster
    }
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
