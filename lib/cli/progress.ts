/** A progress line: redrawn in place on a terminal, one line now and then in a pipe. */

/** How far a piece of work has come. */
export interface Progress {
  /** What is being done, e.g. `epoch 1/3`. */
  label: string;
  done: number;
  total: number;
  /** More to show, e.g. `1234 images/s`, `loss 0.41`. */
  facts: readonly string[];
}

/** Where the lines go: process.stderr, or a test's own. */
export interface Output {
  write(text: string): unknown;
  isTTY?: boolean;
  columns?: number;
}

const barWidth = 24;
const redrawEvery = 100; // milliseconds
const lineEvery = 10_000; // milliseconds, in a pipe

/** `1:05` or `2:03:04`. */
export function durationText(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const two = (value: number) => String(value).padStart(2, '0');
  const hours = Math.floor(whole / 3600), minutes = Math.floor(whole / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

export class ProgressLine {
  private readonly output: Output;
  private readonly now: () => number;
  private label = '';
  private began = 0;
  private drawn = -Infinity;
  private dirty = false;

  /** @param now milliseconds; for tests. */
  constructor(output: Output, now: () => number = () => performance.now()) {
    this.output = output;
    this.now = now;
  }

  update(progress: Progress): void {
    const now = this.now();
    if (progress.label !== this.label) {
      this.label = progress.label;
      this.began = now;
      this.drawn = this.output.isTTY ? -Infinity : now;
    }
    if (now - this.drawn < (this.output.isTTY ? redrawEvery : lineEvery)) return;
    this.drawn = now;
    const line = this.format(progress, now);
    if (this.output.isTTY) {
      this.output.write(`\r\x1b[2K${line.slice(0, (this.output.columns ?? 100) - 1)}`);
      this.dirty = true;
    } else {
      this.output.write(`${line}\n`);
    }
  }

  /** Takes the line off the terminal, so that something else can be printed. */
  clear(): void {
    if (this.dirty) this.output.write('\r\x1b[2K');
    this.dirty = false;
    this.drawn = -Infinity;
  }

  private format({ label, done, total, facts }: Progress, now: number): string {
    const share = total > 0 ? done / total : 0;
    const filled = Math.round(share * barWidth);
    const bar = '█'.repeat(filled) + '░'.repeat(barWidth - filled);
    const left = done > 0 ? durationText((((now - this.began) / 1000) * (total - done)) / done) : '-:--';
    return [label, bar, `${String(Math.floor(share * 100)).padStart(3)} %`, ...facts, `${left} left`].join('  ');
  }
}
