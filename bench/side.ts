/** One side of a comparison: a process that answers requests, one line of JSON for each. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

export class Side {
  private readonly child: ChildProcess;
  private readonly answers: AsyncIterator<string>;

  constructor(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    this.child = spawn(command, args, { cwd: root, env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'inherit'] });
    this.answers = createInterface({ input: this.child.stdout! })[Symbol.asyncIterator]();
  }

  /** Sends what is answered by nothing. */
  tell(message: unknown): void {
    this.child.stdin!.write(`${JSON.stringify(message)}\n`);
  }

  /** Sends a request and waits for its answer. */
  async ask<T>(request: unknown): Promise<T> {
    this.tell(request);
    const answer = await this.answers.next();
    if (answer.done) throw new Error(`bench: ${this.child.spawnfile} ended early`);
    return JSON.parse(answer.value) as T;
  }

  async end(): Promise<void> {
    this.child.stdin!.end();
    await once(this.child, 'close');
  }
}
