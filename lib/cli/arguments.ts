/** Options of commands: one table gives the parsing, the checks and the help text. */
import { parseArgs } from 'node:util';

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

const failure = (message: string) => new ConvoltError('ERR_ARGUMENT', message);

/**
 * Parses a command's arguments.
 *
 * @param command its name, for messages.
 * @throws ERR_ARGUMENT for an option that is unknown (the nearest known one is suggested), has no value, or a value out of range.
 */
export function parseOptions<const T extends OptionTable>(command: string, table: T, args: readonly string[]): { values: OptionValues<T>; positionals: string[] } {
  const options = Object.fromEntries(Object.entries(table).map(([name, { kind }]) => [name, { type: kind === 'flag' ? ('boolean' as const) : ('string' as const) }]));
  const { tokens } = parseArgs({ args: [...args], options, strict: false, allowPositionals: true, tokens: true });
  const positionals: string[] = [];
  const given = new Map<string, string | number | boolean>();
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    const option = Object.hasOwn(table, token.name) ? table[token.name] : undefined;
    if (!option) throw failure(`${command}: expected a known option, but got ${token.rawName}${suggestion(token.name, Object.keys(table))}`);
    if (given.has(token.name)) throw failure(`${command}: expected ${token.rawName} once, but got it again`);
    given.set(token.name, parseValue(command, token.rawName, option, token.value));
  }
  const values = Object.fromEntries(
    Object.entries(table).map(([name, option]) => [name, given.get(name) ?? (option.kind === 'flag' ? false : option.default)]),
  );
  return { values: values as OptionValues<T>, positionals };
}

function parseValue(command: string, name: string, option: Option, text: string | undefined): string | number | boolean {
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

function suggestion(name: string, known: readonly string[]): string {
  const [nearest] = known.map((candidate) => ({ candidate, distance: editDistance(name, candidate) })).sort((a, b) => a.distance - b.distance);
  return nearest && nearest.distance <= 2 ? `; did you mean --${nearest.candidate}?` : '';
}

/** Levenshtein's distance. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
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
