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

  test('a network as it was published, without being told its image', () => {
    const { stdout } = summary('resnet50');
    expect(stdout).toMatch(/^input \[1,224,224,3\]\n/);
    expect(stdout).toMatch(/total +25,557,032 +4,089,184,256\n/); // torchvision: 4.09 GFLOPS
    expect(stdout).toMatch(/ layer4: Sequential +\[1,7,7,2048\]/);
  });

  test('an image of other extents and channels', () => {
    const { stdout } = summary('r3d_18', '--json', '--input', '1,8,32,32,1', '--classes', '5');
    expect(JSON.parse(stdout)).toMatchObject({ inputShape: [1, 8, 32, 32, 1], outputShape: [1, 5] });
  });

  test('JSON', () => {
    const { stdout } = summary('lenet5', '--json', '--classes', '26', '--input', '4,28,28,1');
    expect(JSON.parse(stdout)).toMatchObject({ parameters: 61_706 + 16 * 85, outputShape: [4, 26] });
  });

  test.each([
    { args: [], message: 'convolt summary: expected one model, like resnet50, but got none; see convolt summary --help\n' },
    { args: ['lenet5', '--input', '1,x'], message: 'convolt summary: expected --input to be whole numbers of at least 1 with commas between them, but got "1,x"\n' },
    { args: ['lenet5', '--input', '1,32,32,1'], message: 'linear: expected x to end in 400 features, like weight [120,400], but got x [1,576]\n' },
  ])('wrong arguments: $args', ({ args, message }) => {
    expect(summary(...args)).toEqual({ status: 2, stdout: '', stderr: message });
  });
});
