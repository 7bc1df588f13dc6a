/** Pictures of one size side by side. */
import { checkCount } from '../nn/arguments.js';
import { argumentError, checkOptions, isList, valueText } from '../ops/arguments.js';

/** Pixels, one byte a channel: grey or RGB. */
export interface Picture {
  pixels: Uint8Array; // [height,width,channels]
  height: number;
  width: number;
  channels: 1 | 3;
}

const LINE = 4; // pixels between pictures

/** How {@link pictureGrid} lays pictures out. */
export interface PictureGridLayout {
  /** Pictures in a row. */
  columns: number;
  /** The side of the square that a pixel becomes. Default 1. */
  enlarge?: number;
}

/**
 * Puts pictures side by side, in rows of `columns`, with white lines between them.
 *
 * @param pictures values of bytes [height,width,channels]; others are rounded and cut off.
 * @throws ERR_ARGUMENT if there are none, one has another size, or a number of the layout is no whole number of at least 1.
 */
export function pictureGrid(
  pictures: readonly ArrayLike<number>[],
  size: Omit<Picture, 'pixels'>,
  layout: PictureGridLayout,
): Picture {
  const who = 'pictureGrid';
  if (!isList(pictures) || pictures.length === 0) throw argumentError(who, `expected pictures to be a list of at least 1 picture, but got ${valueText(pictures)}`);
  checkOptions(who, size, '{ height: 64, width: 64, channels: 3 }');
  const { height, width, channels } = size, numbers = height * width * channels;
  checkOptions(who, layout, '{ columns: 8 }');
  const { columns, enlarge = 1 } = layout;
  checkCount(who, 'columns', columns);
  checkCount(who, 'enlarge', enlarge);
  const wrong = pictures.find(({ length }) => length !== numbers);
  if (wrong) throw argumentError(who, `expected pictures of ${height} x ${width} x ${channels} numbers, but got one of ${wrong.length}`);
  const rows = Math.ceil(pictures.length / columns), high = height * enlarge, wide = width * enlarge;
  const whole = { height: rows * (high + LINE) - LINE, width: columns * (wide + LINE) - LINE, channels };
  const pixels = new Uint8ClampedArray(whole.height * whole.width * channels).fill(255); // rounds, and clips to bytes
  for (const [i, picture] of pictures.entries()) {
    const top = Math.floor(i / columns) * (high + LINE), left = (i % columns) * (wide + LINE);
    for (let y = 0; y < high; y++) {
      for (let x = 0; x < wide; x++) {
        const from = (Math.floor(y / enlarge) * width + Math.floor(x / enlarge)) * channels;
        const to = ((top + y) * whole.width + left + x) * channels;
        for (let c = 0; c < channels; c++) pixels[to + c] = picture[from + c]!;
      }
    }
  }
  return { ...whole, pixels: new Uint8Array(pixels.buffer) };
}
