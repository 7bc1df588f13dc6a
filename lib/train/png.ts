/** PNG images (ISO/IEC 15948) of 8-bit grey or RGB pixels. */
import { crc32 as zlibCrc32, deflateSync } from 'node:zlib';

const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  body.copy(framed, 4);
  framed.writeUInt32BE(zlibCrc32(body), body.length + 4);
  return framed;
}

/** Encodes pixels [height,width,channels]; one channel is grey, three are RGB. */
export function encodePng(pixels: Uint8Array, [height, width, channels]: readonly [number, number, 1 | 3]): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, channels === 1 ? 0 : 2, 0, 0, 0], 8);
  const rowBytes = width * channels;
  const rows = Buffer.alloc(height * (rowBytes + 1)); // each row begins with its filter: 0, none
  for (let y = 0; y < height; y++) rows.set(pixels.subarray(y * rowBytes, (y + 1) * rowBytes), y * (rowBytes + 1) + 1);
  return Buffer.concat([Buffer.from(signature), chunk('IHDR', header), chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))]);
}

/** The same as a URL that holds the image. */
export function pngUrl(pixels: Uint8Array, shape: readonly [number, number, 1 | 3]): string {
  return `data:image/png;base64,${encodePng(pixels, shape).toString('base64')}`;
}
