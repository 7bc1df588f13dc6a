/** The other side of a comparison: a process that measures what it is asked to, one line for a request, one JSON object for an answer. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';

import type { Measured } from './result.js';

export interface Answer {
  milliseconds?: number;
  spread?: number;
  runs?: number;
  error?: string;
  /** The most memory in use, in bytes. */
  peak?: number;
  /** Of steps: null where they were recorded, else why not. */
  notRecorded?: string | null;
  /** Of itself and what it is made of, where that was asked. */
  versions?: Record<string, string>;
}

export class Side {
  readonly name: string;
  private readonly child: ChildProcess;
  private readonly lines: Interface;
  private readonly answers: AsyncIterator<string>;

  constructor(name: string, command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    this.name = name;
    this.child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'inherit'] });
    this.child.on('error', () => this.lines.close());
    this.child.stdin!.on('error', () => undefined); // it ended: the missing answer says so
    this.lines = createInterface({ input: this.child.stdout! });
    this.answers = this.lines[Symbol.asyncIterator]();
  }

  /** Sends a request; null once the process has ended, or if it does not answer before the deadline, which ends it. */
  async ask(request: string, deadline: number): Promise<Answer | null> {
    this.child.stdin!.write(`${request}\n`);
    const timer = setTimeout(() => this.child.kill('SIGKILL'), Math.max(deadline - Date.now(), 0));
    try {
      const answer = await this.answers.next();
      return answer.done ? null : (JSON.parse(answer.value) as Answer);
    } finally {
      clearTimeout(timer);
    }
  }

  async end(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null || this.child.pid === undefined) return;
    this.child.stdin!.end();
    await once(this.child, 'close');
  }
}

/** An answer as a timing, or why there is none. */
export function measuredBy(name: string, answer: Answer | null): Measured {
  if (answer === null) return { why: `${name} ended, or took too long` };
  if (answer.milliseconds === undefined) return { why: answer.error ?? `${name} gave no time` };
  return { milliseconds: answer.milliseconds, spread: answer.spread ?? 0, runs: answer.runs ?? 1 };
}
