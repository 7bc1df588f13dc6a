#!/usr/bin/env node
// Makes a clone ready to run: npm packages, system packages, the native build and dist/, each only if it is out of date.
// Runs before `npm start` and `npm test`, so it uses nothing but Node.
//
//   --checks   also builds the emulator's checked variants, for the tests
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);

const say = (text) => console.error(`setup: ${text}`);
function fail(text) {
  console.error(`setup: ${text}`);
  process.exit(1);
}

function run(what, command, args, env = {}) {
  const result = spawnSync(command, args, { encoding: 'utf8', env: { ...process.env, ...env }, maxBuffer: 1 << 28 });
  if (result.status !== 0) fail(`${what} failed\n${result.stdout ?? ''}${result.stderr ?? result.error?.message ?? ''}`);
}

// ---- stamps: what each product was last made from ----

const stampFile = 'build/setup.json';
const stamps = existsSync(stampFile) ? JSON.parse(readFileSync(stampFile, 'utf8')) : {};

/** A hash over name, size and time of files and of all files in folders. */
function fingerprint(...paths) {
  const hash = createHash('sha256').update(process.version);
  const visit = (path) => {
    const info = statSync(path);
    if (info.isDirectory()) for (const entry of readdirSync(path).sort()) visit(join(path, entry));
    else hash.update(`${path} ${info.size} ${info.mtimeMs}\n`);
  };
  for (const path of paths) if (existsSync(path)) visit(path);
  return hash.digest('hex');
}

async function makeIfChanged(name, what, current, products, make) {
  if (stamps[name] === current && products.every((product) => existsSync(product))) return;
  say(what);
  const began = Date.now();
  await make();
  stamps[name] = current;
  mkdirSync('build', { recursive: true });
  writeFileSync(stampFile, JSON.stringify(stamps, null, 2));
  say(`${what}: ${((Date.now() - began) / 1000).toFixed(0)} s`);
}

// ---- what the machine must have ----

const onPath = (command) => (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, command)));
const hasData = () => [process.env.CONVOLT_FASHION_MNIST, '/usr/share/datasets/fashion-mnist', join(process.env.XDG_CACHE_HOME || join(process.env.HOME ?? '/', '.cache'), 'convolt/fashion-mnist')]
  .some((folder) => folder && existsSync(folder));
const hasOneDnn = () => ['/usr/include/dnnl.hpp', '/usr/include/oneapi/dnnl/dnnl.hpp', '/usr/local/include/dnnl.hpp', '/usr/local/include/oneapi/dnnl/dnnl.hpp'].some(existsSync);

const needs = [
  { name: 'cmake', present: () => onPath('cmake') },
  { name: 'g++', present: () => onPath('g++') || onPath('c++') },
  { name: 'make', present: () => onPath('make') || onPath('ninja') },
  { name: 'libdnnl-dev', present: hasOneDnn },
  { name: 'dataset-fashion-mnist', present: hasData, optional: true }, // else it is downloaded when it is used
];

function installSystemPackages() {
  const missing = needs.filter((need) => !need.present());
  const required = missing.filter((need) => !need.optional);
  if (missing.length === 0) return;
  const names = missing.map((need) => need.name).join(' ');
  const isRoot = process.getuid?.() === 0;
  const sudo = !isRoot && onPath('sudo') && spawnSync('sudo', ['-n', 'true']).status === 0;
  if (onPath('apt-get') && (isRoot || sudo)) {
    say(`installing ${names}`);
    const apt = (...args) => spawnSync(sudo ? 'sudo' : 'apt-get', [...(sudo ? ['-n', 'apt-get'] : []), ...args], { encoding: 'utf8', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } });
    let result = apt('install', '-y', '--no-install-recommends', ...missing.map((need) => need.name));
    if (result.status !== 0) {
      apt('update');
      result = apt('install', '-y', '--no-install-recommends', ...missing.map((need) => need.name));
    }
    if (result.status === 0) return;
    say(`apt-get failed: ${result.stderr.trim().split('\n').at(-1)}`);
  }
  if (required.length > 0) fail(`missing: ${names}. Run this, then try again:\n  sudo apt-get update && sudo apt-get install -y ${names}`);
  say(`missing, not needed yet: ${names}`);
}

function installNpmPackages() {
  const lock = createHash('sha256').update(readFileSync('package-lock.json')).digest('hex');
  const stamp = 'node_modules/.convolt-lock';
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  say('installing npm packages');
  run('npm ci', 'npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund']);
  writeFileSync(stamp, lock);
}

// ---- ----

const [major, minor] = process.versions.node.split('.').map(Number);
if (process.platform !== 'linux') fail(`expected Linux (x64 or arm64), but this is ${process.platform}`);
if (major < 20 || (major === 20 && minor < 19)) fail(`expected Node 20.19 or newer, but this is ${process.version}`);

installSystemPackages();
installNpmPackages();

const { buildNative, hasGpu } = await import('./native_build.mjs');
/** Of the GPU's kernels: what nvcc finds itself leaves out the instructions that only 9.0 has. */
function architecture() {
  const query = spawnSync('nvidia-smi', ['--query-gpu=compute_cap', '--format=csv,noheader'], { encoding: 'utf8' });
  return query.stdout?.trim().split('\n').every((capability) => capability === '9.0') ? '90a-real' : 'native';
}

const withCuda = hasGpu() && (onPath('nvcc') || existsSync('/usr/local/cuda/bin/nvcc'));
const sources = ['CMakeLists.txt', 'package.json', 'native', 'cuda'];
await makeIfChanged('release', withCuda ? 'building the addon and the CUDA kernels' : 'building the addon', fingerprint(...sources), ['build/Release/convolt.node'], () =>
  buildNative('release', withCuda ? { CONVOLT_CUDA: 'ON', CONVOLT_CUDA_ARCHITECTURES: architecture() } : { CONVOLT_CUDA: 'OFF' }),
);
await makeIfChanged('dist', 'compiling TypeScript', fingerprint('lib', 'tsconfig.json', 'tsconfig.build.json'), ['dist/index.js'], () =>
  run('tsc', process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json']),
);
if (process.argv.includes('--checks')) {
  for (const variant of ['memory', 'race']) {
    await makeIfChanged(variant, `building the emulator's ${variant} checker`, fingerprint(...sources, 'test/emulator'), [`build/${variant}/convolt.node`], () => buildNative(variant));
  }
}
