/** What `npm pack` makes of a prebuilt tree installs into an empty folder without scripts, and trains there. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'convolt-pack-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(cwd: string, command: string, ...args: string[]): string {
  const { CONVOLT_ADDON: _, ...env } = process.env;
  return execFileSync(command, args, { cwd, encoding: 'utf8', env: { ...env, CONVOLT_CUDA: 'OFF', CONVOLT_PREBUILT: '1' }, stdio: ['ignore', 'pipe', 'pipe'] });
}

it('installs from a tarball with --ignore-scripts and trains', () => {
  const tree = join(folder, 'tree'), place = join(folder, 'place');
  const copied = ['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md', 'binding.gyp', 'CMakeLists.txt', 'scripts', 'dist', 'node_modules', 'tsconfig.json', 'tsconfig.build.json', 'lib', 'build/Release'];
  for (const entry of copied) cpSync(join(root, entry), join(tree, entry), { recursive: true, verbatimSymlinks: true });
  run(tree, 'node', 'scripts/prebuilds.mjs');
  const tarball = (cwd: string) => join(folder, run(cwd, 'npm', 'pack', '--ignore-scripts', '--silent', '--pack-destination', folder).trim());
  const packages = [tarball(tree), tarball(join(root, 'node_modules/node-gyp-build'))];

  cpSync(join(root, 'LICENSE'), join(place, 'LICENSE')); // makes the folder
  writeFileSync(join(place, 'package.json'), '{ "name": "place", "private": true }');
  run(place, 'npm', 'install', '--ignore-scripts', '--no-audit', '--no-fund', '--offline', ...packages);

  const installed = join(place, 'node_modules/convolt');
  expect(readdirSync(installed).sort()).toEqual(['CHANGELOG.md', 'LICENSE', 'README.md', 'dist', 'package.json', 'prebuilds']);
  const prebuilds = join(installed, 'prebuilds', `linux-${process.arch}`);
  const addon = readdirSync(prebuilds).find((name) => name.endsWith('.node')) ?? '';
  const onednn = /libdnnl\S* => (\S+)/.exec(run(prebuilds, 'ldd', addon))?.[1] ?? '';
  expect(dirname(realpathSync(onednn))).toBe(realpathSync(prebuilds));

  const lines = run(place, 'npx', 'convolt', 'train', 'lenet5', '--data', 'fashion-mnist', '--limit', '256', '--epochs', '1', '--json').trim().split('\n');
  const end = JSON.parse(lines.at(-1) ?? '') as { event: string; testAccuracy: number; checkpoint: string };
  expect(end.event).toBe('end');
  expect(end.testAccuracy).toBeGreaterThan(0.1);
});
