/** `convolt summary`, the compiled command in a process of its own. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const command = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

function summary(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [command, 'summary', ...args], { encoding: 'utf8' });
  return { status, stdout, stderr };
}

describe('convolt summary', () => {
  test('a table', () => {
    const { status, stdout } = summary('lenet5');
    expect(status).toBe(0);
    expect(stdout).toMatch(/total +61,706 +416,520\n/);
  });

  test('JSON', () => {
    const { stdout } = summary('lenet5', '--json', '--classes', '26', '--input', '4,28,28,1');
    expect(JSON.parse(stdout)).toMatchObject({ parameters: 61_706 + 16 * 85, outputShape: [4, 26] });
  });

  test.each([
    { args: [], message: 'convolt summary: expected one MODEL (lenet5, smallnet), but got none\n' },
    { args: ['lenet5', '--input', '1,x'], message: 'convolt summary: expected --input to be whole numbers of at least 1 with commas between them, but got "1,x"\n' },
    { args: ['lenet5', '--input', '1,28,28,3'], message: 'conv2d: expected weight to have 3 input channels, like x [1,28,28,3], but got 1 (weight [6,5,5,1])\n' },
  ])('wrong arguments: $args', ({ args, message }) => {
    expect(summary(...args)).toEqual({ status: 2, stdout: '', stderr: message });
  });
});
