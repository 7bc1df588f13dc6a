/** `convolt filters`: one picture under each of the fixed filters, side by side. */
import { readFile } from 'node:fs/promises';

import { ConvoltError } from '../core/errors.js';
import { scope } from '../core/scope.js';
import { tensor, type Tensor } from '../core/tensor.js';
import { loadSharp } from '../data/decode.js';
import { writeFileAtomically } from '../data/index.js';
import { abs, applyFilter, filterNames, filters, type FilterName } from '../ops/index.js';
import { encodePng } from '../train/png.js';
import { optionHelp, parseOptions } from './arguments.js';
import { pictureGrid, type Picture } from '../explain/picture_grid.js';

const options = {
  out: { kind: 'string', help: 'the PNG file to write' },
  device: { kind: 'string', help: 'cpu, emu, cuda or cuda:N', default: 'cpu' },
  size: { kind: 'integer', help: 'largest width and height of the picture', min: 8, max: 4096, default: 256 },
  help: { kind: 'flag', help: 'shows this text' },
} as const;

const usage = `Usage: convolt filters [IMAGE] --out FILE.png [options]

Writes IMAGE, or a drawing if there is none, under each of the fixed filters, in rows from left to right:
${filterNames.join(', ')}.
Edges are shown by their size, whichever their sign. IMAGE is read with the package sharp.

Options:
${optionHelp(options)}
Examples:
  convolt filters --out filters.png
  convolt filters photo.jpg --out filters.png

Exit codes: 0 written, 1 a mistake of convolt's own, 2 wrong options or files.
`;

async function readPicture(file: string, size: number): Promise<Picture> {
  const sharp = await loadSharp('convolt filters');
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw new ConvoltError('ERR_FILE', `convolt filters: expected to read IMAGE ${file}, but got ${error.code ?? error.message}`);
  });
  try {
    const image = sharp(bytes).resize({ width: size, height: size, fit: 'inside', withoutEnlargement: true });
    const { data, info } = await image.removeAlpha().toColourspace('srgb').raw().toBuffer({ resolveWithObject: true });
    return { pixels: data, height: info.height, width: info.width, channels: 3 };
  } catch (error) {
    throw new ConvoltError('ERR_DATA', `convolt filters: expected IMAGE ${file} to be a picture, but got ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** A number in [0, 1) that looks random beside its neighbours (the last step of MurmurHash3). */
function noise(i: number): number {
  let bits = Math.imul(i ^ (i >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return ((bits ^ (bits >>> 16)) >>> 0) / 2 ** 32;
}

/** A drawing with what filters show: a slope of light, a disc's edge, stripes that get finer, and grain. */
function draw(size: number): Picture {
  const pixels = new Uint8Array(size * size * 3);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const u = x / size, v = y / size;
      let colour = [60 + 120 * u, 90 + 60 * v, 200 - 120 * v];
      const isDisc = (u - 0.35) ** 2 + (v - 0.4) ** 2 < 0.06;
      if (isDisc) colour = [235, 140 + 200 * (v - 0.4), 60];
      if (v > 0.75) colour = Math.sin(((x * x) / size) * 0.5) > 0 ? [235, 235, 230] : [30, 30, 40];
      const isGrainy = u > 0.65 && v < 0.45;
      const grain = isGrainy ? 80 * (noise(y * size + x) - 0.5) : 0;
      for (const [c, value] of colour.entries()) pixels[(y * size + x) * 3 + c] = Math.min(Math.max(value + grain, 0), 255);
    }
  }
  return { pixels, height: size, width: size, channels: 3 };
}

/** Whether a filter's weights add up to 0, so that a plain area becomes black. */
function findsEdges(name: FilterName): boolean {
  return Math.abs(filters[name].flat().reduce((sum, weight) => sum + weight, 0)) < 1e-9;
}

/** The picture under one filter, as floats in the range of bytes. */
function filtered({ pixels, height, width }: Picture, name: FilterName, device: string): Promise<Float32Array> {
  return scope(() => {
    const x: Tensor = tensor(Float32Array.from(pixels), { shape: [1, height, width, 3], device });
    const y = applyFilter(x, name);
    return { values: (findsEdges(name) ? abs(y) : y).data() };
  }).values;
}

/** Runs the command. Returns the exit code. */
export async function filterPictures(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseOptions('convolt filters', options, args);
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  if (values.out === undefined) throw new ConvoltError('ERR_ARGUMENT', 'convolt filters: expected --out FILE.png, but got none');
  if (positionals.length > 1) throw new ConvoltError('ERR_ARGUMENT', `convolt filters: expected at most one IMAGE, but got ${positionals.join(' ')}`);
  const [file] = positionals;
  const picture = file === undefined ? draw(values.size) : await readPicture(file, values.size);
  const columns = Math.ceil(Math.sqrt(filterNames.length));
  const pictures = await Promise.all(filterNames.map((name) => filtered(picture, name, values.device)));
  const { pixels, height, width } = pictureGrid(pictures, picture, { columns });
  await writeFileAtomically(values.out, encodePng(pixels, [height, width, 3]));
  console.log(`${values.out}: ${width} x ${height} pixels`);
  for (let row = 0; row < filterNames.length; row += columns) console.log(`  ${filterNames.slice(row, row + columns).join(', ')}`);
  return 0;
}
