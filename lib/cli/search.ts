/** `convolt search`: trains with several options and says which are best. */
import { readFile } from 'node:fs/promises';

import { ConvoltError } from '../core/errors.js';
import { Random } from '../core/random.js';
import { modelInfo, modelNames } from '../models/index.js';
import { crossValidate, drawsOf, gridOf, search as searchChoices, searchTable, type Choice, type Values } from '../train/index.js';
import { optionHelp, parseOptions, wrappedList } from './arguments.js';
import { openData } from './datasets.js';
import { schedules, trainingOptions } from './train_options.js';
import { chooseDevice, makeTrainer, onlyModel } from './training.js';

const options = {
  ...trainingOptions,
  space: { kind: 'string', help: 'JSON file: options of training by their names, each with a list of values or a range' },
  random: { kind: 'integer', min: 1, help: 'draws N choices in place of every combination' },
  folds: { kind: 'integer', min: 2, help: 'cross-validation on the training images in place of the test images' },
  json: { kind: 'flag', help: 'one JSON object a line instead of a table' },
  help: { kind: 'flag', help: 'this text' },
} as const;

const usage = `Usage: convolt search MODEL --space FILE.json [options]

Trains a model with every combination of some options, or with some that are drawn, and prints a table of what it reached,
the best first: the accuracy on the test images, or the mean over folds of the training images.
${wrappedList('Models:', modelNames)}

Options:
${optionHelp(options)}
Examples:
  convolt search lenet5 --space space.json --epochs 2        with space.json {"lr": [0.001, 0.003], "batch": [32, 64]}
  convolt search smallnet --space space.json --random 8      with space.json {"lr": {"from": 1e-4, "to": 0.1, "log": true}}
  convolt search lenet5 --space space.json --folds 5 --limit 5000

Exit codes: 0 searched, 1 a mistake of convolt's own, 2 wrong options, files or data, 3 out of memory.
`;

type Space = Readonly<Record<string, Values>>;

function isValue(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

function isValues(value: unknown): value is Values {
  if (Array.isArray(value)) return value.length > 0 && value.every(isValue);
  return typeof value === 'object' && value !== null && 'from' in value && 'to' in value && typeof value.from === 'number' && typeof value.to === 'number';
}

async function readSpace(file: string): Promise<Space> {
  const text = await readFile(file, 'utf8').catch((error: Error) => {
    throw new ConvoltError('ERR_FILE', `--space: expected a file that can be read, but got ${file} (${error.message})`, { cause: error });
  });
  let space: unknown;
  try {
    space = JSON.parse(text);
  } catch (error) {
    throw new ConvoltError('ERR_DATA', `${file}: expected JSON, but got ${error instanceof Error ? error.message : String(error)}`);
  }
  const isSpace = (value: unknown): value is Space => typeof value === 'object' && value !== null && !Array.isArray(value) && Object.values(value).every(isValues);
  if (!isSpace(space)) throw new ConvoltError('ERR_DATA', `${file}: expected an object of options, each with a list of values or {"from": …, "to": …}, but got ${text.slice(0, 60)}`);
  return space;
}

function listsOf(space: Space, file: string): Record<string, readonly (string | number | boolean)[]> {
  return Object.fromEntries(
    Object.entries(space).map(([name, values]) => {
      if ('from' in values) throw new ConvoltError('ERR_ARGUMENT', `${file}: expected a list of values for "${name}" without --random, but got a range`);
      return [name, values] as const;
    }),
  );
}

/** Runs the command. Returns the exit code. */
export async function search(args: readonly string[]): Promise<number> {
  const { values: given, positionals } = parseOptions('convolt search', options, args);
  if (given.help) {
    process.stdout.write(usage);
    return 0;
  }
  const name = onlyModel('convolt search', positionals);
  if (given.space === undefined) throw new ConvoltError('ERR_ARGUMENT', 'convolt search: expected --space FILE.json, but got none');
  const space = await readSpace(given.space);
  const choices = given.random === undefined ? gridOf(listsOf(space, given.space)) : drawsOf(space, given.random, new Random(given.seed));
  const chosen = choices.map((choice) => ({ choice, values: withChoice(args, choice) })); // all are checked before the first is trained
  const { device } = chooseDevice(given.device);
  const images = await openData(given, modelInfo(name).input);

  async function measure(choice: Choice): Promise<number> {
    const values = chosen.find((one) => one.choice === choice)?.values ?? given;
    const once = async (train: typeof images.train, test: typeof images.test): Promise<number> => {
      const { trainer, lr } = await makeTrainer(name, values, train, images, device);
      const { epochs, batch, accumulate, schedule } = values;
      for await (const record of trainer.fit(train, { epochs, batch, accumulate, schedule: schedules[schedule as keyof typeof schedules](lr) })) void record;
      const { accuracy } = await trainer.evaluate(test);
      trainer.optimizer.dispose();
      trainer.model.dispose();
      trainer.dispose();
      return accuracy;
    };
    if (given.folds === undefined) return once(images.train, images.test);
    return (await crossValidate(images.train, { folds: given.folds, random: new Random(given.seed) }, once)).mean;
  }

  const results = await searchChoices(choices, measure, {
    onResult: (result) => {
      if (given.json) console.log(JSON.stringify(result));
      else console.error(`${JSON.stringify(result.choice)}: ${result.score.toFixed(4)}`);
    },
  });
  if (!given.json) console.log(searchTable(results));
  return 0;
}

/** The options with those of a choice in place of their own. */
function withChoice(args: readonly string[], choice: Choice) {
  const own = Object.entries(choice).map(([name, value]) => `--${name}=${value}`);
  const others = args.filter((arg, i) => !Object.keys(choice).some((name) => arg === `--${name}` || arg.startsWith(`--${name}=`) || args[i - 1] === `--${name}`));
  return parseOptions('convolt search', options, [...others, ...own]).values;
}
