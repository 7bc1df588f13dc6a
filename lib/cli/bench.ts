/** `convolt bench`: how fast a model trains and answers on a device. */
import type { Device } from '../core/device.js';
import { ConvoltError } from '../core/errors.js';
import { Random } from '../core/random.js';
import { recorded } from '../core/recorded.js';
import { scope } from '../core/scope.js';
import { noGrad } from '../core/tape.js';
import { tensor, type Tensor } from '../core/tensor.js';
import { createModel, modelInfo, modelName, modelNames } from '../models/index.js';
import { mean } from '../ops/index.js';
import { SGD } from '../optim/index.js';
import { optionHelp, parseOptions, wrappedList } from './arguments.js';
import { shapeOf } from './summary.js';
import { chooseDevice } from './training.js';

const options = {
  batch: { kind: 'integer', min: 1, default: 32, help: 'images at a time' },
  input: { kind: 'string', help: 'shape of the input with its batch, N,H,W,C (default: --batch images of the size that the model was published for)' },
  steps: { kind: 'integer', min: 1, default: 10, help: 'steps that are timed; three before them are not' },
  device: { kind: 'string', help: 'cpu, emu, cuda or cuda:N (default: the first usable GPU, else cpu)' },
  json: { kind: 'flag', help: 'one JSON object instead of a table' },
  help: { kind: 'flag', help: 'this text' },
} as const;

const usage = `Usage: convolt bench MODEL [options]

Times a model with fresh parameters on images of chance that lie on the device: forward passes in evaluation, and training
steps with gradients and SGD with momentum. Says milliseconds of the median step, images a second, and the most memory that
was in use. Steps are recorded where they can be, as in training.
${wrappedList('Models:', modelNames)}

Options:
${optionHelp(options)}
Examples:
  convolt bench resnet18 --batch 8
  convolt bench lenet5 --input 64,28,28,1 --device cpu --json

Exit codes: 0 measured, 1 a mistake of convolt's own, 2 wrong options, 3 out of memory.
`;

interface Timing {
  milliseconds: number;
  imagesPerSecond: number;
  /** Bytes, at most. */
  memory: number;
}

const WARM_UP = 3; // the first call loads kernels and the second one records

async function timed(device: Device, images: number, steps: number, step: () => void): Promise<Timing> {
  const times: number[] = [];
  for (let i = 0; i < WARM_UP + steps; i++) {
    await device.synchronize();
    const began = performance.now();
    step();
    await device.synchronize();
    if (i >= WARM_UP) times.push(performance.now() - began);
  }
  const milliseconds = times.sort((a, b) => a - b)[Math.floor(steps / 2)] ?? NaN;
  return { milliseconds, imagesPerSecond: (1000 * images) / milliseconds, memory: device.memory().peak };
}

/** Runs the command. Returns the exit code. */
export async function bench(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseOptions('convolt bench', options, args);
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  const [given] = positionals;
  if (given === undefined || positionals.length > 1) {
    throw new ConvoltError('ERR_ARGUMENT', `convolt bench: expected one model, like resnet18, but got ${positionals.join(' ') || 'none'}; see convolt bench --help`);
  }
  const name = modelName(given);
  const input = values.input === undefined ? [values.batch, ...modelInfo(name).input] : shapeOf('convolt bench', values.input);
  const { device, reason } = chooseDevice(values.device);
  const random = new Random(1);
  const model = createModel(name, { device, random, channels: input.at(-1) });
  const pixels = Float32Array.from({ length: input.reduce((product, extent) => product * extent, 1) }, () => random.uniform());
  const x = tensor(pixels, { shape: input, device });

  const answer = recorded((images: Tensor) => noGrad(() => model.forward(images)), { device, fallback: true });
  const optimizer = new SGD(model.parameters(), { lr: 1e-6, momentum: 0.9 });
  const learn = recorded(
    (images: Tensor) => {
      scope(() => {
        optimizer.zeroGrad();
        mean(model.forward(images)).backward();
        optimizer.step();
      });
    },
    { device, fallback: true },
  );
  const [images = 1] = input;
  model.eval();
  const inference = await timed(device, images, values.steps, () => answer.run(x));
  answer.dispose();
  model.train();
  const training = await timed(device, images, values.steps, () => {
    learn.run(x);
  });
  learn.dispose();

  if (values.json) {
    console.log(JSON.stringify({ model: name, input, device: device.name, inference, training }));
    return 0;
  }
  console.log(`${name} [${input.join(',')}] on ${device.name}, ${reason}`);
  for (const [what, { milliseconds, imagesPerSecond, memory }] of Object.entries({ inference, training })) {
    console.log(`  ${what.padEnd(9)} ${milliseconds.toFixed(2).padStart(10)} ms ${imagesPerSecond.toFixed(1).padStart(10)} images/s ${(memory / 2 ** 20).toFixed(0).padStart(7)} MiB`);
  }
  return 0;
}
