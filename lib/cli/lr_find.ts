/** `convolt lr-find`: the learning rate range test. */
import { writeFileAtomically } from '../data/index.js';
import { modelInfo, modelNames } from '../models/index.js';
import { findLearningRate, renderLrFinding } from '../train/index.js';
import { optionHelp, parseOptions, wrappedList } from './arguments.js';
import { trainingOptions } from './train_options.js';
import { openData } from './datasets.js';
import { chooseDevice, makeTrainer, onlyModel } from './training.js';

const options = {
  ...trainingOptions,
  from: { kind: 'number', min: 1e-12, default: 1e-6, help: 'the first rate' },
  to: { kind: 'number', min: 1e-12, default: 10, help: 'the last rate' },
  steps: { kind: 'integer', min: 2, default: 200, help: 'steps from one to the other' },
  out: { kind: 'string', help: 'HTML file of the plot' },
  json: { kind: 'flag', help: 'one JSON object instead of text' },
  help: { kind: 'flag', help: 'this text' },
} as const;

const usage = `Usage: convolt lr-find MODEL [options]

Trains for some steps with a learning rate that rises from each to the next, and says where the loss falls fastest: a rate
for the highest point of a schedule lies there or somewhat above.
${wrappedList('Models:', modelNames)}

Options:
${optionHelp(options)}
Examples:
  convolt lr-find lenet5 --optimizer sgd
  convolt lr-find smallnet --steps 100 --out rates.html

Exit codes: 0 found, 1 a mistake of convolt's own, 2 wrong options, files or data, 3 out of memory.
`;

/** Runs the command. Returns the exit code. */
export async function lrFind(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseOptions('convolt lr-find', options, args);
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  const name = onlyModel('convolt lr-find', positionals);
  const { device } = chooseDevice(values.device);
  const images = await openData(values, modelInfo(name).input);
  const { trainer } = await makeTrainer(name, values, images.train, images, device);
  const { from, to, steps, batch, out } = values;
  const finding = await findLearningRate(trainer, images.train, { from, to, steps, batch });
  if (out !== undefined) await writeFileAtomically(out, renderLrFinding(finding, `${name} with ${values.optimizer}`));
  if (values.json) {
    console.log(JSON.stringify(finding));
    return 0;
  }
  const { suggestion, rates } = finding;
  const until = (rates.at(-1) ?? NaN).toPrecision(2);
  console.log(suggestion === undefined ? `The loss never fell, up to the rate ${until}.` : `The loss falls fastest at the rate ${suggestion.toPrecision(2)}; training went up to ${until}.`);
  if (out !== undefined) console.log(`Plot: ${out}`);
  return 0;
}
