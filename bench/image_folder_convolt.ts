/** convolt's side of bench/image_folder.ts: prints one JSON object. */
import { data, Random } from 'convolt';

const images = await data.imageFolder(process.argv[2] ?? '', { size: 224 });

async function epoch(number: number): Promise<number> {
  const began = performance.now();
  let count = 0;
  for await (const batch of data.batches(images, { batch: 64, random: new Random(1).fork(number) })) count += batch.labels.length;
  return count / ((performance.now() - began) / 1000);
}

await epoch(0); // fills the file cache, and starts the threads
console.log(JSON.stringify({ version: 'convolt', imagesPerSecond: Math.max(await epoch(1), await epoch(2)) }));
