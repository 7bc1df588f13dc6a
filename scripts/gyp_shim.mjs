#!/usr/bin/env node
// Stands in for node-gyp, for binding.gyp and prebuildify: builds the release with all GPU architectures, where there is
// nvcc. CONVOLT_PREBUILT=1 takes what build/Release already has.
import { buildNative } from './native_build.mjs';

if (process.env.CONVOLT_PREBUILT !== '1') buildNative('release', { CONVOLT_CUDA: process.env.CONVOLT_CUDA ?? 'AUTO' }, { loud: true });
