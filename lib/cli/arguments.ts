/** Options of commands: one table gives the parsing, the checks and the help text. */
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';

import { didYouMean } from '../core/did_you_mean.js';
import { ConvoltError } from '../core/errors.js';

export type Option = { help: string } & (
  | { kind: 'flag' }
  | { kind: 'string'; default?: string }
  | { kind: 'choice'; choices: readonly string[]; default?: string }
  | { kind: 'integer' | 'number'; min?: number; max?: number; default?: number }
);

export type OptionTable = Record<string, Option>;

type ValueOf<O extends Option> = O extends { kind: 'flag' }
  ? boolean
  : O extends { kind: 'integer' | 'number' }
    ? O extends { default: number } ? number : number | undefined
    : O extends { default: string } ? string : string | undefined;

/** Option values by name; one without a default is undefined when it is not given. */
export type OptionValues<T extends OptionTable> = { [K in keyof T]: ValueOf<T[K]> };

type OptionValue = string | number | boolean;

const failure = (message: string) => new ConvoltError('ERR_ARGUMENT', message);

/**
 * Parses a command's arguments.
 *
 * @param command its name, for messages.
 * @param preset values that are used where an option is not given, in place of its default.
 * @throws ERR_ARGUMENT for an option that is unknown (the nearest known one is suggested), has no value, or a value out of range.
 */
export function parseOptions<const T extends OptionTable>(
  command: string,
  table: T,
  args: readonly string[],
  preset: ReadonlyMap<string, OptionValue> = new Map(),
): { values: OptionValues<T>; positionals: string[] } {
  const options = Object.fromEntries(Object.entries(table).map(([name, { kind }]) => [name, { type: kind === 'flag' ? ('boolean' as const) : ('string' as const) }]));
  const { tokens } = parseArgs({ args: [...args], options, strict: false, allowPositionals: true, tokens: true });
  const positionals: string[] = [];
  const given = new Map<string, OptionValue>();
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    const option = Object.hasOwn(table, token.name) ? table[token.name] : undefined;
    if (!option) throw failure(`${command}: expected a known option, but got ${token.rawName}${didYouMean(token.name, Object.keys(table), '--')}`);
    if (given.has(token.name)) throw failure(`${command}: expected ${token.rawName} once, but got it again`);
    given.set(token.name, parseValue(command, token.rawName, option, token.value));
  }
  const values = Object.fromEntries(
    Object.entries(table).map(([name, option]) => [name, given.get(name) ?? preset.get(name) ?? (option.kind === 'flag' ? false : option.default)]),
  );
  return { values: values as OptionValues<T>, positionals };
}

function parseValue(command: string, name: string, option: Option, text: string | undefined): OptionValue {
  if (option.kind === 'flag') {
    if (text !== undefined) throw failure(`${command}: expected ${name} without a value, but got "${text}"`);
    return true;
  }
  if (text === undefined || text === '') throw failure(`${command}: expected ${name} to have a value, but got none`);
  if (option.kind === 'string') return text;
  if (option.kind === 'choice') {
    if (!option.choices.includes(text)) throw failure(`${command}: expected ${name} to be one of ${option.choices.join(', ')}, but got "${text}"`);
    return text;
  }
  const { kind, min = -Infinity, max = Infinity } = option;
  const value = Number(text);
  const whole = kind === 'integer' ? 'a whole number' : 'a number';
  if (!Number.isFinite(value) || text.trim() === '' || (kind === 'integer' && !Number.isSafeInteger(value))) {
    throw failure(`${command}: expected ${name} to be ${whole}, but got "${text}"`);
  }
  if (value < min) throw failure(`${command}: expected ${name} to be ${whole} of at least ${min}, but got ${text}`);
  if (value > max) throw failure(`${command}: expected ${name} to be ${whole} of at most ${max}, but got ${text}`);
  return value;
}

/**
 * Options from a JSON file: an object of their names, without dashes, and values.
 *
 * @param table the options that may be in it.
 * @throws ERR_FILE if it cannot be read; ERR_DATA if it is no such object, an option is unknown, or a value is out of range.
 */
export async function readConfig(file: string, table: OptionTable): Promise<Map<string, OptionValue>> {
  const text = await readFile(file, 'utf8').catch((error: Error) => {
    throw new ConvoltError('ERR_FILE', `--config: expected a file that can be read, but got ${file} (${error.message})`, { cause: error });
  });
  const wrong = (what: string) => new ConvoltError('ERR_DATA', `${file}: expected ${what}`);
  let config: unknown;
  try {
    config = JSON.parse(text);
  } catch (error) {
    throw wrong(`JSON, but got ${error instanceof Error ? error.message : String(error)}`);
  }
  if (typeof config !== 'object' || config === null || Array.isArray(config)) throw wrong(`an object of options, but got ${text.slice(0, 40)}`);
  const values = Object.entries(config).map(([name, value]: [string, unknown]) => {
    const option = Object.hasOwn(table, name) ? table[name] : undefined;
    if (!option) throw wrong(`known options, but got "${name}"${didYouMean(name, Object.keys(table))}`);
    const isRight = typeof value === (option.kind === 'flag' ? 'boolean' : option.kind === 'integer' || option.kind === 'number' ? 'number' : 'string');
    const kinds = { flag: 'true or false', integer: 'a whole number', number: 'a number', string: 'a text', choice: 'a text' };
    if (!isRight) throw wrong(`"${name}" to be ${kinds[option.kind]}, but got ${JSON.stringify(value)}`);
    return [name, option.kind === 'flag' ? value === true : parseValue(file, `"${name}"`, option, String(value))] as const;
  });
  return new Map(values);
}

const placeholder = (option: Option): string => {
  switch (option.kind) {
    case 'flag':
      return '';
    case 'choice':
      return ` ${option.choices.join('|')}`;
    case 'string':
      return ' TEXT';
    case 'integer':
    case 'number':
      return ' N';
  }
};

/** The help text of an option table, one option a line. */
export function optionHelp(table: OptionTable): string {
  const rows = Object.entries(table).map(([name, option]) => {
    const preset = option.kind !== 'flag' && option.default !== undefined ? ` (default ${option.default})` : '';
    return [`  --${name}${placeholder(option)}`, `${option.help}${preset}`] as const;
  });
  const width = Math.max(...rows.map(([left]) => left.length)) + 2;
  return rows.map(([left, right]) => `${left.padEnd(width)}${right}\n`).join('');
}

/** A list of words behind a heading, in lines of at most 100 characters. */
export function wrappedList(heading: string, words: readonly string[]): string {
  const lines = [heading];
  for (const [i, word] of words.entries()) {
    const next = `${lines.at(-1)} ${word}${i + 1 < words.length ? ',' : ''}`;
    if (next.length <= 100) lines[lines.length - 1] = next;
    else lines.push(`  ${next.slice(lines.at(-1)!.length + 1)}`);
  }
  return lines.join('\n');
}
