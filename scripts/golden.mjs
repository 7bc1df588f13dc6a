#!/usr/bin/env node
// Compiles test/golden and runs the cases of a folder of golden values: npm run golden -- DIR [--device cpu,emu] [--only NAME]
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import path from 'node:path';

const root = fileURLToPath(new URL('..', import.meta.url));
const node = (...args) => {
  const env = { CONVOLT_ADDON: path.join(root, 'build/Release/convolt.node'), ...process.env };
  return spawnSync(process.execPath, args, { stdio: 'inherit', env }).status ?? 1;
};
process.exitCode =
  node(path.join(root, 'node_modules/typescript/bin/tsc'), '-p', path.join(root, 'tsconfig.golden.json')) ||
  node(path.join(root, 'build/golden/test/golden/main.js'), ...process.argv.slice(2));
