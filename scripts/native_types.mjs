// Prints lib/native.gen.ts from the op table that is compiled into the addon (`npm run generate`).
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { writeFileSync } from 'node:fs';

const root = fileURLToPath(new URL('..', import.meta.url));
const require = createRequire(import.meta.url);
const { manifest } = process.env.CONVOLT_ADDON ? require(process.env.CONVOLT_ADDON) : require('node-gyp-build')(root);

const rank = 6; // kMaxRank of native/params.h: the length of a `sizes` field
const words = (text) => text.split(' ').filter((word) => word !== '');

const types = { f32: 'float32', bf16: 'bfloat16', f16: 'float16', i32: 'int32', u8: 'uint8', f: 'float', same: 'same', any: 'any' };

/** `bias?![k]:u8` as { name, optional, dtype }. */
function buffer(text) {
  const [, name, marks, type] = /^(\w+)([?!]*)\[[^\]]*\](?::(\w+))?$/.exec(text);
  return { name, optional: marks.includes('?'), dtype: types[type ?? 'f32'] };
}

/** `name:kind`, or `name:a|b|` for a choice of words. */
function field(text) {
  const [name, kind] = text.split(':');
  return kind.endsWith('|') ? { name, kind: 'choice', choices: kind.slice(0, -1).split('|') } : { name, kind };
}

const ops = manifest.map((op) => ({
  name: op.name,
  family: op.params,
  inputs: words(op.inputs).map(buffer),
  outputs: words(op.outputs).map(buffer),
  fields: words(op.fields).map(field),
}));
const families = new Map(ops.map((op) => [op.family, op.fields]));

const capitalized = (name) => name[0].toUpperCase() + name.slice(1);
/** The type of a choice, like UnaryFunction of UnaryParams.function, and the list of its words. */
const choiceType = (family, name) => family.replace('Params', '') + capitalized(name);
const choiceList = (family, name) => choiceType(family, name).replace(/^./, (letter) => letter.toLowerCase()) + 's';

function fieldType(family, { name, kind }) {
  if (kind === 'choice') return choiceType(family, name);
  return kind === 'sizes' ? 'readonly number[]' : 'number';
}

function choiceTypes([family, fields]) {
  return fields.filter(({ kind }) => kind === 'choice').map(({ name, choices }) => {
    const type = choiceType(family, name), places = choices.map((word, i) => `${word}: ${i}`).join(', ');
    return `/** The place of each ${type} in its list. */\nexport const ${choiceList(family, name)} = { ${places} } as const;\nexport type ${type} = keyof typeof ${choiceList(family, name)};\n\n`;
  }).join('');
}

function paramsInterface([family, fields]) {
  if (fields.length === 0) return `export type ${family} = Readonly<Record<string, never>>;`;
  const lines = fields.map((field) => `  ${field.name}: ${fieldType(family, field)};`);
  return `${choiceTypes([family, fields])}export interface ${family} {\n${lines.join('\n')}\n}`;
}

function packFunction([family, fields]) {
  if (fields.length === 0) return `function pack${family}(): void {}`;
  let at = 0;
  const lines = fields.map(({ name, kind }) => {
    const line =
      kind === 'sizes'
        ? `  for (let i = 0; i < ${rank}; i++) ints[at + ${at} + i] = p.${name}[i] ?? 0;`
        : kind === 'choice'
          ? `  ints[at + ${at}] = ${choiceList(family, name)}[p.${name}];`
          : `  ${kind === 'float' ? 'floats' : 'ints'}[at + ${at}] = p.${name};`;
    at += kind === 'sizes' ? rank : 1;
    return line;
  });
  const floats = fields.some(({ kind }) => kind === 'float') ? ', floats: Float32Array' : '';
  const ints = floats !== '' && fields.every(({ kind }) => kind === 'float') ? '_ints' : 'ints';
  return `function pack${family}(p: ${family}, at: number, ${ints}: Int32Array${floats}): void {\n${lines.join('\n')}\n}`;
}

/** The names and element types of buffers, as a type. */
function bufferTypes(buffers) {
  if (buffers.length === 0) return 'Record<never, never>';
  return `{ ${buffers.map(({ name, dtype }) => `${name}: '${dtype}'`).join('; ')} }`;
}

function opInterface(op) {
  const inputs = bufferTypes(op.inputs.filter((input) => !input.optional));
  const optional = bufferTypes(op.inputs.filter((input) => input.optional));
  return `  ${op.name}: { inputs: ${inputs}; optional: ${optional}; outputs: ${bufferTypes(op.outputs)}; params: ${op.family} };`;
}

function opLayout(op, id) {
  const buffers = (list) => list.map(({ name, dtype }) => `['${name}', '${dtype}']`).join(', ');
  return `  ${op.name}: { id: ${id}, inputs: [${buffers(op.inputs)}], outputs: [${buffers(op.outputs)}], pack: pack${op.family} },`;
}

writeFileSync(
  new URL('../lib/native.gen.ts', import.meta.url),
  `// Printed from native/ops.def and native/params.h by scripts/native_types.mjs (npm run generate). Do not edit.

${[...families].map(paramsInterface).join('\n\n')}

/** What each native op takes and makes. */
export interface NativeOps {
${ops.map(opInterface).join('\n')}
}

/** The type of a native buffer: an element type; float or same, one float type or one type for all such of a call; or any. */
export type BufferType = 'float32' | 'bfloat16' | 'float16' | 'int32' | 'uint8' | 'float' | 'same' | 'any';

/** How a call of one op is laid out: its buffers in order, and the packing of its parameters into words. */
export interface OpLayout<N extends keyof NativeOps> {
  readonly id: number;
  readonly inputs: readonly (readonly [keyof NativeOps[N]['inputs'] | keyof NativeOps[N]['optional'], BufferType])[];
  readonly outputs: readonly (readonly [keyof NativeOps[N]['outputs'], BufferType])[];
  readonly pack: (params: NativeOps[N]['params'], at: number, ints: Int32Array, floats: Float32Array) => void;
}

${[...families].map(packFunction).join('\n\n')}

export const nativeOps: { readonly [N in keyof NativeOps]: OpLayout<N> } = {
${ops.map(opLayout).join('\n')}
};
`,
);
console.log(`lib/native.gen.ts: ${ops.length} ops, ${families.size} families of parameters`);
