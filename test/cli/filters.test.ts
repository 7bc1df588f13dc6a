/** `convolt filters`, the compiled command in a process of its own. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { inflateSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const command = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'convolt-filters-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function filters(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [command, 'filters', ...args], { encoding: 'utf8', cwd: folder });
  return { status, stdout, stderr };
}

/** The pixels of one of our own PNGs, whose rows are not filtered: header, one IDAT, end. */
function decode(file: string): { width: number; height: number; at: (x: number, y: number) => number[] } {
  const png = readFileSync(file);
  const width = png.readUInt32BE(16), height = png.readUInt32BE(20);
  const rows = inflateSync(png.subarray(41, 41 + png.readUInt32BE(33)));
  return { width, height, at: (x, y) => [...rows.subarray(y * (1 + 3 * width) + 1 + 3 * x).subarray(0, 3)] };
}

describe('convolt filters', () => {
  test('nine pictures of the drawing', () => {
    const { status, stdout } = filters('--out', 'filters.png', '--size', '64');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^filters\.png: 200 x 200 pixels\n {2}identity, /);
    const { width, height, at } = decode(path.join(folder, 'filters.png'));
    expect([width, height]).toEqual([200, 200]);
    expect(at(66, 10)).toEqual([255, 255, 255]); // the line between two pictures
    // On the slope: the picture itself is neither black nor white, and edges are next to black.
    const [red, green, blue] = at(2, 2) as [number, number, number];
    expect([red > 50, green > 80, blue > 180]).toEqual([true, true, true]);
    expect(Math.max(...at(68 + 5, 5))).toBeLessThan(8);
  });

  test('the same on the emulator', () => {
    filters('--out', 'cpu.png', '--size', '16');
    filters('--out', 'emu.png', '--size', '16', '--device', 'emu');
    const [cpu, emu] = [decode(path.join(folder, 'cpu.png')), decode(path.join(folder, 'emu.png'))];
    for (let i = 0; i < 50; i++) {
      const [a, b] = [cpu.at(i, i), emu.at(i, i)];
      for (const [c, value] of a.entries()) expect(Math.abs(value - b[c]!)).toBeLessThanOrEqual(1);
    }
  });

  test.each([
    { args: [], message: /^convolt filters: expected --out FILE\.png, but got none\n$/ },
    { args: ['a.png', 'b.png', '--out', 'c.png'], message: /^convolt filters: expected at most one IMAGE, but got a\.png b\.png\n$/ },
    { args: ['missing.png', '--out', 'c.png'], message: /^convolt filters: expected (the package sharp to read IMAGE with, but it is not installed \(npm install sharp\)|to read IMAGE missing\.png, but got ENOENT)\n$/ },
  ])('wrong arguments: $args', ({ args, message }) => {
    const { status, stdout, stderr } = filters(...args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(message);
  });
});
