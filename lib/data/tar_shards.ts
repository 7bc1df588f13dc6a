/** Images in tar archives, as WebDataset has them: `NAME.jpg` beside `NAME.cls`, which is the label in digits. */
import { Skips } from './corrupt.js';
import { Dataset, type Corrupt } from './dataset.js';
import { imageFile, openDecoder, type DecodeOptions } from './decode.js';
import { readExactly, readTarIndex, withFile, type TarEntry } from './tar.js';

export interface TarShardsOptions extends DecodeOptions {
  /** Names of the classes, by label. */
  classes: readonly string[];
  /**
   * What becomes of an image that cannot be decoded, has no label or one of no class, and of what a shard lacks that was
   * cut short. Default 'throw'.
   */
  corrupt?: Corrupt;
}

/** An image in a shard. */
interface Place extends TarEntry {
  shard: string;
  label: number;
}

/**
 * The images of some shards, in their order. Shards are indexed at first; an image is read from its place in its shard,
 * and decoded, when it is asked for. They are not packed: `.tar.gz` has no places to read from.
 *
 * @throws ERR_FILE if a shard cannot be read; ERR_DATA if one is no archive or has been cut short, or a label is wrong;
 *   ERR_ARGUMENT if the package sharp is not installed. Reading an image throws ERR_DATA if it is corrupt.
 */
export async function tarShards(shards: readonly string[], { classes, corrupt, ...decoding }: TarShardsOptions): Promise<Dataset> {
  const decoder = await openDecoder('tarShards', decoding);
  const skips = new Skips(corrupt);
  const places: Place[] = [];
  for (const shard of shards) places.push(...(await indexShard(shard, classes.length, skips)));
  return new Dataset({
    images: (index) => {
      const { shard, offset, size, ...place } = places[index]!, name = `${shard}/${place.name}`;
      const read = () => withFile(shard, (file) => readExactly(file, shard, offset, size));
      return decoder.decode(read, name).catch((error: unknown) => skips.leaveOutAfter(name, error));
    },
    labels: places.map(({ label }) => label),
    shape: decoder.shape,
    classes,
    skipped: skips.notes,
  });
}

/** A sample's name: that of its files up to the first dot behind the folders. */
const sampleOf = (name: string): string => name.replace(/\.[^/]*$/, '');

async function indexShard(shard: string, classes: number, skips: Skips): Promise<Place[]> {
  const entries = await readTarIndex(shard, (error) => skips.leaveOutAfter(shard, error));
  const labels = new Map<string, number | null>(); // null is one that is wrong
  await withFile(shard, async (file) => {
    for (const { name, offset, size } of entries) {
      if (!name.endsWith('.cls')) continue;
      const written = Buffer.from(await readExactly(file, shard, offset, size)).toString('latin1').trim();
      const label = /^\d+$/.test(written) ? Number(written) : NaN;
      labels.set(sampleOf(name), label < classes ? label : null);
      if (!(label < classes)) skips.leaveOut(`${shard}/${name}`, `expected a label from 0 to below ${classes}, but got '${written.slice(0, 20)}'`);
    }
  });
  return entries.flatMap((entry) => {
    if (!imageFile.test(entry.name)) return [];
    const label = labels.get(sampleOf(entry.name));
    if (label === undefined) skips.leaveOut(`${shard}/${entry.name}`, `expected a label in ${sampleOf(entry.name)}.cls, but there is no such file`);
    return typeof label === 'number' ? [{ ...entry, shard, label }] : [];
  });
}
