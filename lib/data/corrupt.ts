/** What is done with data that is wrong: an error, or a note. */
import { ConvoltError } from '../core/errors.js';
import type { Corrupt } from './dataset.js';

/** What was left out: what was wrong, by the name of a file or of a part of it. */
export class Skips {
  readonly notes = new Map<string, string>();
  private readonly corrupt: Corrupt;

  constructor(corrupt: Corrupt = 'throw') {
    this.corrupt = corrupt;
  }

  /** Leaves out what is wrong. @throws ERR_DATA, which begins with `name`, where that is asked for. */
  leaveOut(name: string, problem: string): null {
    return this.leaveOutAfter(name, new ConvoltError('ERR_DATA', `${name}: ${problem}`));
  }

  /** The same where reading failed. @throws `error` itself where that is asked for, or if it is not about a file. */
  leaveOutAfter(name: string, error: unknown): null {
    const isOfFile = error instanceof ConvoltError && (error.code === 'ERR_DATA' || error.code === 'ERR_FILE');
    if (this.corrupt === 'throw' || !isOfFile) throw error;
    this.notes.set(name, error.message);
    return null;
  }
}
