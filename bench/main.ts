/** `npm run bench -- NAME`: runs a benchmark, prints a table, and writes bench/results/NAME.json with the hardware. */
import { writeFileSync } from 'node:fs';

import { hardware } from './hardware.js';

async function run(name: string, filter: string | undefined): Promise<object> {
  if (name === 'dispatch') {
    const { dispatch, smallnetSteps } = await import('./dispatch.js');
    const calls = await dispatch(), steps = [await smallnetSteps(1), await smallnetSteps(64)];
    console.table(calls);
    console.table(steps);
    return { ...calls, smallnetSteps: steps };
  }
  if (name === 'ops') {
    const result = await (await import('./ops.js')).ops(filter);
    console.table(result.rows);
    console.log(`geometric mean of the ratios: ${result.geometricMean?.toFixed(2) ?? 'not measured'}`);
    for (const row of result.unexplained) console.log(`slow without a reason in bench/ops_reasons.ts: ${row}`);
    return result;
  }
  if (name === 'augment') {
    const result = (await import('./augment.js')).augment();
    console.table(result.rows);
    return result;
  }
  if (name === 'image-folder') {
    const result = await (await import('./image_folder.js')).imageFolder();
    console.table(result.rows);
    return result;
  }
  if (name === 'lenet-epoch') {
    const result = (await import('./lenet_epoch.js')).lenetEpoch();
    console.table(result.rows);
    return result;
  }
  if (name === 'inference') {
    const result = await (await import('./inference.js')).inference();
    console.table(result.rows);
    return result;
  }
  const result = (await import('./lenet.js')).lenet();
  console.table(result.rows);
  console.log(`first losses agree with PyTorch's: ${String(result.lossesAgree ?? 'not measured')}`);
  return result;
}

const names = ['augment', 'dispatch', 'image-folder', 'inference', 'lenet', 'lenet-epoch', 'ops'];
const [name, filter] = process.argv.slice(2);
if (name === undefined || !names.includes(name)) {
  console.error(`bench: expected one of ${names.join(', ')}, but got ${name ?? 'nothing'}`);
  process.exitCode = 2;
} else {
  const result = await run(name, filter);
  // What a filter leaves is no result to keep.
  if (filter === undefined) writeFileSync(`bench/results/${name}.json`, `${JSON.stringify({ benchmark: name, hardware: hardware(), ...result }, null, 2)}\n`);
}
