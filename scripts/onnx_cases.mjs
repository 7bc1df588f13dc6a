#!/usr/bin/env node
// Compiles test/onnx and runs the cases of libonnx-testdata: npm run onnx-cases -- [DIR] [--device cpu,emu] [--only OPERATOR]
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import path from 'node:path';

const root = fileURLToPath(new URL('..', import.meta.url));
const node = (...args) => {
  const env = { CONVOLT_ADDON: path.join(root, 'build/Release/convolt.node'), ...process.env };
  return spawnSync(process.execPath, args, { stdio: 'inherit', env }).status ?? 1;
};
process.exitCode =
  node(path.join(root, 'node_modules/typescript/bin/tsc'), '-p', path.join(root, 'tsconfig.onnx.json')) ||
  node(path.join(root, 'build/onnx/test/onnx/main.js'), ...process.argv.slice(2));
