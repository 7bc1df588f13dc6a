/** `convolt predict`: the classes of image files. */
import { ConvoltError } from '../core/errors.js';
import { openDecoder } from '../data/decode.js';
import { modelInfo } from '../models/index.js';
import { loadCheckpoint, predict as predictImages } from '../train/index.js';
import { optionHelp, parseOptions } from './arguments.js';
import { chooseDevice } from './training.js';

const options = {
  model: { kind: 'string', help: 'file of a model that convolt train has saved' },
  top: { kind: 'integer', min: 1, default: 3, help: 'classes that are shown of each image' },
  invert: { kind: 'flag', help: 'turns dark into light before, for dark things on white paper' },
  device: { kind: 'string', help: 'cpu, emu, cuda or cuda:N (default: the first usable GPU, else cpu)' },
  json: { kind: 'flag', help: 'one JSON object a line instead of a table' },
  help: { kind: 'flag', help: 'this text' },
} as const;

const usage = `Usage: convolt predict FILE... --model MODEL.safetensors [options]

Says which classes a trained model sees in JPEG, PNG or WebP images, with their probabilities. Images are read with the
package sharp, and scaled to the size that the model takes.

Options:
${optionHelp(options)}
Examples:
  convolt predict shoe.jpg --model runs/lenet5-1/model.safetensors
  convolt predict *.png --model runs/lenet5-1/model.safetensors --top 1 --json

Exit codes: 0 predicted, 1 a mistake of convolt's own, 2 wrong options, files or data, 3 out of memory.
`;

/** Runs the command. Returns the exit code. */
export async function predict(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseOptions('convolt predict', options, args);
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  if (positionals.length === 0) throw new ConvoltError('ERR_ARGUMENT', 'convolt predict: expected FILE..., but got none');
  if (values.model === undefined) throw new ConvoltError('ERR_ARGUMENT', 'convolt predict: expected --model MODEL.safetensors, but got none');
  const { model, info } = await loadCheckpoint(values.model, { device: chooseDevice(values.device).device });
  const [height = 0, width = 0] = modelInfo(info.model).input;
  const decoder = await openDecoder('convolt predict', { size: [info.height ?? height, info.width ?? width], channels: info.channels === 1 ? 1 : 3 });
  const nameWidth = Math.max(...positionals.map((file) => file.length));
  for (const file of positionals) {
    const bytes = await decoder.decode(file, file);
    const pixels = values.invert ? bytes.map((byte) => 255 - byte) : bytes;
    const [probabilities = new Float32Array()] = await predictImages(model, pixels, [1, ...decoder.shape], info);
    const classes = [...probabilities.entries()]
      .sort(([, a], [, b]) => b - a)
      .slice(0, values.top)
      .map(([label, probability]) => ({ class: info.classes[label] ?? '', probability }));
    if (values.json) console.log(JSON.stringify({ file, classes }));
    else console.log([file.padEnd(nameWidth), ...classes.map((found) => `${found.class} ${(100 * found.probability).toFixed(1)} %`)].join('  '));
  }
  return 0;
}
