#!/usr/bin/env node
/** The command `convolt`. Commands are loaded when they are called: help needs no addon. */
import { createRequire } from 'node:module';

import { didYouMean } from '../core/did_you_mean.js';
import { ConvoltError, type ErrorCode } from '../core/errors.js';

const usage = `Usage: convolt COMMAND [options]

Commands:
  train MODEL     trains a model and writes a checkpoint and a report
  evaluate FILE   measures a trained model on test images
  predict FILE... says which classes a trained model sees in images
  lr-find MODEL   finds a learning rate
  search MODEL    trains with several options and says which are best; cross-validation
  summary MODEL   prints a model's layers: shapes, parameters, arithmetic and receptive field
  explain         writes a sheet of what a network sees in an image
  export MODEL    writes a model as an ONNX or a safetensors file
  filters         writes a picture under each of the fixed filters, side by side
  augment         writes a sheet of images under each augmentation
  bench MODEL     times a model's training and answers on a device
  doctor          says what this machine offers: CPU, libraries, GPUs, and why cuda is or is not usable

Each has --help with its options and examples.

Options:
  --help          shows this text
  --version       shows the version

Exit codes: 0 done, 1 a mistake of convolt's own, 2 wrong options, files or data, 3 out of memory, 4 a NaN or an infinity in
training, 130 interrupted.
`;

/** What went wrong, for scripts: 1 a mistake of convolt's own, 2 of what was given to it, 3 no memory, 4 a NaN. */
const exitCodes: Record<ErrorCode, number> = {
  ERR_ARGUMENT: 2,
  ERR_DATA: 2,
  ERR_FILE: 2,
  ERR_DEVICE: 2,
  ERR_OUT_OF_MEMORY: 3,
  ERR_NOT_FINITE: 4,
  ERR_RECORDING: 2,
  ERR_INTERNAL: 1,
};

function version(): string {
  const { version } = createRequire(import.meta.url)('../../package.json') as { version: string };
  return version;
}

const commands = ['train', 'evaluate', 'predict', 'lr-find', 'search', 'summary', 'explain', 'export', 'filters', 'augment', 'bench', 'doctor'];

/** Runs a command. Returns the exit code. */
async function run(command: string | undefined, rest: string[]): Promise<number> {
  switch (command) {
    case 'train': {
      const { train } = await import('./train.js');
      return train(rest);
    }
    case 'evaluate': {
      const { evaluate } = await import('./evaluate.js');
      return evaluate(rest);
    }
    case 'predict': {
      const { predict } = await import('./predict.js');
      return predict(rest);
    }
    case 'lr-find': {
      const { lrFind } = await import('./lr_find.js');
      return lrFind(rest);
    }
    case 'search': {
      const { search } = await import('./search.js');
      return search(rest);
    }
    case 'summary': {
      const { summary } = await import('./summary.js');
      return summary(rest);
    }
    case 'explain': {
      const { explain } = await import('./explain.js');
      return explain(rest);
    }
    case 'export': {
      const { exportModel } = await import('./export.js');
      return exportModel(rest);
    }
    case 'filters': {
      const { filterPictures } = await import('./filters.js');
      return filterPictures(rest);
    }
    case 'augment': {
      const { augmentSheet } = await import('./augment.js');
      return augmentSheet(rest);
    }
    case 'bench': {
      const { bench } = await import('./bench.js');
      return bench(rest);
    }
    case 'doctor': {
      const { doctor } = await import('./doctor.js');
      return doctor(rest, version());
    }
    case '--version':
      console.log(version());
      return 0;
    case '--help':
    case 'help':
      process.stdout.write(usage);
      return 0;
    case undefined:
      process.stderr.write(usage);
      return 2;
    default: {
      const hint = didYouMean(command, commands);
      throw new ConvoltError('ERR_ARGUMENT', `convolt: expected a command (${commands.join(', ')}), but got "${command}"${hint || '; see convolt --help'}`);
    }
  }
}

function report(error: unknown): number {
  const code = error instanceof ConvoltError ? exitCodes[error.code] : 1;
  if (error instanceof Error) console.error(code === 1 ? error.stack : error.message);
  else console.error(error);
  return code;
}

// Whoever reads our output may stop early, as `head` does.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

const [command, ...rest] = process.argv.slice(2);
process.exitCode = await run(command, rest).catch(report);
