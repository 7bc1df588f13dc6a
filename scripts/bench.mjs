#!/usr/bin/env node
// Compiles bench/ and runs one benchmark: npm run bench -- NAME
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const node = (...args) => spawnSync(process.execPath, args, { stdio: 'inherit' }).status ?? 1;
process.exitCode = node('node_modules/typescript/bin/tsc', '-p', 'tsconfig.bench.json') || node('build/bench/main.js', ...process.argv.slice(2));
