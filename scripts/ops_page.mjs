#!/usr/bin/env node
// Writes docs/ops.md: every public op with its signatures, shapes, formula and reference, from the docstrings in lib/ops.
//
//   --check   writes nothing, and fails if the page is out of date
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('..', import.meta.url));
const page = path.join(root, 'docs/ops.md');
const index = path.join(root, 'lib/ops/index.ts');

const { config } = ts.readConfigFile(path.join(root, 'tsconfig.json'), ts.sys.readFile);
const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
const program = ts.createProgram([index], options);
const checker = program.getTypeChecker();

/** A docstring's text, with links as code. Formulas keep their indentation. */
function textOf(parts = []) {
  return ts.displayPartsToString(parts).replaceAll(/\{@link ([^}|\s]+)[^}]*\}/g, '`$1`').trim();
}

/** Text on one line, for a list. */
const oneLine = (parts) => textOf(parts).replaceAll(/\s*\n\s*/g, ' ');

const tagsNamed = (symbol, name) => symbol.getJsDocTags(checker).filter((tag) => tag.name === name);

const withFullStop = (text) => (/[.:!?]$/.test(text) ? text : `${text}.`);

/** A declaration's signature as it is written, without its defaults. */
function signatureOf(name, declaration) {
  const source = declaration.getSourceFile();
  const typeParameters = declaration.typeParameters ? `<${declaration.typeParameters.map((parameter) => parameter.getText(source)).join(', ')}>` : '';
  const parameters = declaration.parameters.map((parameter) => {
    const given = parameter.name.getText(source);
    const label = ts.isObjectBindingPattern(parameter.name) ? 'options' : given;
    const isOptional = parameter.questionToken || parameter.initializer;
    // A default without a type is a number or a word, which the checker knows.
    const type = parameter.type?.getText(source) ?? checker.typeToString(checker.getBaseTypeOfLiteralType(checker.getTypeAtLocation(parameter)));
    return `${parameter.dotDotDotToken ? '...' : ''}${label}${isOptional ? '?' : ''}: ${type.replaceAll(/\s*\n\s*/g, ' ')}`;
  });
  return `${name}${typeParameters}(${parameters.join(', ')}): ${declaration.type?.getText(source) ?? 'unknown'}`;
}

/** One op. */
function describeFunction(symbol) {
  const name = symbol.getName();
  const declarations = symbol.declarations.filter(ts.isFunctionDeclaration);
  const overloads = declarations.filter((declaration) => !declaration.body);
  const signatures = (overloads.length > 0 ? overloads : declarations).map((declaration) => signatureOf(name, declaration));
  const lines = [`### ${name}`, '', '```ts', ...signatures, '```', '', textOf(symbol.getDocumentationComment(checker)), ''];
  for (const tag of tagsNamed(symbol, 'param')) {
    const [parameter, ...words] = oneLine(tag.text).split(' ');
    lines.push(`- \`${parameter}\`: ${withFullStop(words.join(' '))}`);
  }
  for (const tag of tagsNamed(symbol, 'returns')) lines.push(`- Returns ${withFullStop(oneLine(tag.text))}`);
  for (const tag of tagsNamed(symbol, 'throws')) lines.push(`- Throws ${withFullStop(oneLine(tag.text))}`);
  return lines.join('\n');
}

/** The fields of an interface of options, or a type. */
function describeType(symbol) {
  const [declaration] = symbol.declarations;
  const lines = [`### ${symbol.getName()}`, ''];
  const comment = textOf(symbol.getDocumentationComment(checker));
  if (ts.isTypeAliasDeclaration(declaration)) {
    lines.push('```ts', declaration.getText().replace(/^export /, ''), '```', '');
    if (comment !== '') lines.push(comment);
    return lines.join('\n');
  }
  if (comment !== '') lines.push(comment, '');
  for (const field of checker.getDeclaredTypeOfSymbol(symbol).getProperties()) {
    // A field of a mapped type, as of Omit, has no declaration but the one it is mapped from.
    const declared = field.valueDeclaration?.type ?? field.declarations?.[0]?.type;
    const type = declared?.getText().replace(/ \| undefined$/, '').replaceAll(/\s*\n\s*/g, ' ');
    const isOptional = (field.flags & ts.SymbolFlags.Optional) !== 0;
    lines.push(`- \`${field.getName()}${isOptional ? '?' : ''}: ${type}\`: ${withFullStop(oneLine(field.getDocumentationComment(checker)))}`);
  }
  return lines.join('\n');
}

/** A value that is no function: a table. */
function describeValue(symbol) {
  return [`### ${symbol.getName()}`, '', textOf(symbol.getDocumentationComment(checker))].join('\n');
}

function describe(symbol) {
  if (symbol.flags & ts.SymbolFlags.Function) return describeFunction(symbol);
  return symbol.flags & ts.SymbolFlags.Type ? describeType(symbol) : describeValue(symbol);
}

/** The sentence that a file opens with. */
function titleOf(source) {
  const comment = ts.getLeadingCommentRanges(source.text, 0)?.[0];
  if (!comment) return '';
  return source.text.slice(comment.pos, comment.end).replaceAll(/^\/\*\*|\*\/$|^\s*\* ?/gm, ' ').replaceAll(/\s+/g, ' ').trim();
}

const byFile = new Map();
for (const exported of checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(index)))) {
  const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
  const source = symbol.declarations[0].getSourceFile();
  byFile.set(source, [...(byFile.get(source) ?? []), symbol]);
}

/** Functions first, in the order of the file, then what they take. */
function order(symbol) {
  return (symbol.flags & ts.SymbolFlags.Function ? 0 : 1e9) + symbol.declarations[0].pos;
}

const undocumented = [];
const sections = [...byFile]
  .map(([source, symbols]) => ({ name: path.relative(path.join(root, 'lib/ops'), source.fileName).replace(/\.ts$/, ''), source, symbols }))
  .filter(({ symbols }) => symbols.length > 0)
  .sort((a, b) => a.name.localeCompare(b.name));
for (const { symbols } of sections) {
  for (const symbol of symbols) {
    if (symbol.flags & ts.SymbolFlags.Function && textOf(symbol.getDocumentationComment(checker)) === '') undocumented.push(symbol.getName());
  }
}
if (undocumented.length > 0) {
  console.error(`ops_page: expected every op to have a docstring, but these have none: ${undocumented.join(', ')}`);
  process.exit(1);
}

const functionsOf = (symbols) => symbols.filter((symbol) => symbol.flags & ts.SymbolFlags.Function).sort((a, b) => order(a) - order(b));
const contents = sections
  .filter(({ symbols }) => functionsOf(symbols).length > 0)
  .map(({ name, symbols }) => `- **${name}**: ${functionsOf(symbols).map((symbol) => `[${symbol.getName()}](#${symbol.getName().toLowerCase()})`).join(', ')}`);

const text = [
  '# Ops',
  '',
  'Every public op, by the file of `lib/ops` that it is in. Made from the docstrings by `npm run docs`; do not edit.',
  '',
  'Tensors are dense and channels-last. `Tensor` is one of any float type; where an op takes float32 only, it says so.',
  '',
  ...contents,
  ...sections.flatMap(({ name, source, symbols }) => ['', `## ${name}`, '', titleOf(source), ...symbols.sort((a, b) => order(a) - order(b)).flatMap((symbol) => ['', describe(symbol).trimEnd()])]),
  '',
].join('\n');

if (process.argv.includes('--check')) {
  const committed = existsSync(page) ? readFileSync(page, 'utf8') : '';
  if (committed !== text) {
    console.error('ops_page: docs/ops.md is out of date; run npm run docs');
    process.exit(1);
  }
} else {
  writeFileSync(page, text);
  console.log(`docs/ops.md: ${sections.reduce((count, { symbols }) => count + functionsOf(symbols).length, 0)} ops`);
}
