/** Bytes that are read in parts: a file of any size, or an array. */
import { open } from 'node:fs/promises';

import { ConvoltError } from '../core/errors.js';

export interface ByteSource {
  /** For messages: the file's name. */
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  /** A copy of `length` bytes from `offset` on. @throws ERR_DATA if the source ends before. */
  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
  close(): Promise<void>;
}

function checkRange({ name, size }: Pick<ByteSource, 'name' | 'size'>, offset: number, length: number): void {
  const isRange = Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0;
  if (!isRange || offset + length > size) {
    throw new ConvoltError('ERR_DATA', `${name}: expected ${length} bytes at ${offset}, but the file has ${size} bytes`);
  }
}

/** Bytes in memory. */
export function bytesSource(name: string, bytes: Uint8Array): ByteSource {
  const { length: size } = bytes;
  return {
    name,
    size,
    read: (offset, length) => {
      checkRange({ name, size }, offset, length);
      return Promise.resolve(new Uint8Array(bytes.subarray(offset, offset + length)));
    },
    close: () => Promise.resolve(),
  };
}

/** A file. @throws ERR_FILE if it cannot be opened or read. */
export async function fileSource(name: string): Promise<ByteSource> {
  const wrong = (error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    return new ConvoltError('ERR_FILE', `${name}: expected a file that can be read, but got ${reason}`, { cause: error });
  };
  const handle = await open(name).catch((error: unknown) => Promise.reject(wrong(error)));
  const { size } = await handle.stat();
  return {
    name,
    size,
    read: async (offset, length) => {
      checkRange({ name, size }, offset, length);
      const bytes = new Uint8Array(length);
      for (let done = 0; done < length; ) {
        const { bytesRead } = await handle.read(bytes, done, length - done, offset + done).catch((error: unknown) => Promise.reject(wrong(error)));
        if (bytesRead === 0) throw new ConvoltError('ERR_DATA', `${name}: expected ${size} bytes, but the file has become shorter`);
        done += bytesRead;
      }
      return bytes;
    },
    close: () => handle.close(),
  };
}
