#!/usr/bin/env node
// Makes prebuilds/linux-ARCH: the addon as node-gyp-build finds it, the CUDA sidecar where nvcc built one, and oneDNN with
// what it needs, all finding each other in their own folder. Needs patchelf.
//
// CONVOLT_CUDA=OFF leaves the sidecar out; CONVOLT_PREBUILT=1 takes build/Release as it is.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);
const folder = join('prebuilds', `linux-${process.arch}`);

function run(command, args, env = {}) {
  const result = spawnSync(command, args, { encoding: 'utf8', env: { ...process.env, ...env } });
  if (result.error?.code === 'ENOENT') throw new Error(`prebuilds: expected ${command} to be installed, but it is not; on Debian and Ubuntu: apt-get install ${command}`);
  if (result.status !== 0) throw new Error(`prebuilds: ${command} failed\n${result.stdout}${result.stderr}`);
  return result.stdout;
}

rmSync(folder, { recursive: true, force: true });
run(process.execPath, ['node_modules/prebuildify/bin.js', '--napi', '--strip', '--tag-libc'], { PREBUILD_NODE_GYP: fileURLToPath(new URL('gyp_shim.mjs', import.meta.url)) });
const addon = readdirSync(folder).find((name) => name.endsWith('.node'));
if (!addon) throw new Error('prebuilds: prebuildify left no addon');
if (existsSync('build/Release/libconvolt_cuda.so') && process.env.CONVOLT_CUDA !== 'OFF') copyFileSync('build/Release/libconvolt_cuda.so', join(folder, 'libconvolt_cuda.so'));

// The libraries that a machine need not have: oneDNN, and OpenMP and OpenCL's loader, which Debian's oneDNN wants.
const bundled = /\/(libdnnl|libgomp|libOpenCL)\.so/;
const needed = run('ldd', [join(folder, addon)]).split('\n').map((line) => /=> (\S+)/.exec(line)?.[1]).filter((path) => path && bundled.test(path));
for (const path of needed) {
  const copy = join(folder, basename(path));
  copyFileSync(realpathSync(path), copy);
  run('patchelf', ['--set-rpath', '$ORIGIN', copy]);
  copyLicence(path);
}
run('patchelf', ['--set-rpath', '$ORIGIN', join(folder, addon)]);
console.log(`${folder}: ${readdirSync(folder).join(', ')}`);

/** Debian keeps a package's licence in /usr/share/doc; another system's must be added by hand. */
function copyLicence(library) {
  const owner = spawnSync('dpkg', ['-S', realpathSync(library)], { encoding: 'utf8' }).stdout?.split(':')[0];
  const licence = `/usr/share/doc/${owner}/copyright`;
  if (!owner || !existsSync(licence)) throw new Error(`prebuilds: expected the licence of ${library} in ${licence}, but there is none`);
  mkdirSync(join(folder, 'licenses'), { recursive: true });
  copyFileSync(licence, join(folder, 'licenses', `${owner}.txt`));
}
