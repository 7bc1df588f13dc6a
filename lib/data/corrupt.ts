/** What is done with data that is wrong: an error, or a note. */
import { ConvoltError } from '../core/errors.js';
import type { Corrupt } from './dataset.js';

/** Notes of samples that were left out, each with its file's name. */
export class Skips {
  readonly notes = new Set<string>();
  private readonly corrupt: Corrupt;

  constructor(corrupt: Corrupt = 'throw') {
    this.corrupt = corrupt;
  }

  /** Notes a sample that is wrong. @throws `error` itself where that is asked for, or if it is not about a file's contents. */
  leaveOut(error: unknown): null {
    const isOfData = error instanceof ConvoltError && (error.code === 'ERR_DATA' || error.code === 'ERR_FILE');
    if (this.corrupt === 'throw' || !isOfData) throw error;
    this.notes.add(error.message);
    return null;
  }
}
