/** What `convolt train` prints: text with a progress line, or JSON with one object a line. */
import type { DeviceInfo } from '../core/device.js';
import type { EpochRecord, StepRecord } from '../train/index.js';
import { durationText, ProgressLine } from './progress.js';

/** Where a run left its files. */
export interface RunFiles {
  checkpoint: string;
  report: string;
}

export interface TrainOutput {
  /** Before training: all devices, the chosen one's name, and why it was chosen. */
  device(all: readonly DeviceInfo[], chosen: string, reason: string): void;
  /** Before training: what is trained on what. */
  start?(text: string): void;
  /** Before training: the run goes on from a checkpoint. */
  resumed(checkpoint: string, epoch: number, step: number): void;
  warning(text: string): void;
  /** The live page is there. */
  watching(url: string): void;
  downloading?(file: string, received: number, total: number): void;
  step?(record: StepRecord, epochs: number): void;
  epoch(record: EpochRecord, epochs: number): void;
  end(testAccuracy: number, seconds: number, files: RunFiles): void;
  interrupted(epochsDone: number, checkpoint: string): void;
}

export class TextOutput implements TrainOutput {
  private readonly progress = new ProgressLine(process.stderr);

  device(all: readonly DeviceInfo[], chosen: string, reason: string): void {
    console.log('Devices:');
    for (const { name, usable, description } of all) {
      console.log(
        `  ${name === chosen ? '*' : ' '} ${name.padEnd(8)}${usable ? '' : 'not usable: '}${description}`,
      );
    }
    console.log(`Training on ${chosen}, ${reason}.`);
  }

  start(text: string): void {
    this.print(text);
  }

  resumed(checkpoint: string, epoch: number, step: number): void {
    this.print(`Resumed from ${checkpoint}: epoch ${epoch}, ${step} steps of it done.`);
  }

  warning(text: string): void {
    this.progress.clear();
    console.error(text);
  }

  watching(url: string): void {
    this.print(`Live page: ${url}`);
  }

  downloading(file: string, received: number, total: number): void {
    this.progress.update({
      label: file,
      done: received,
      total,
      facts: [`${(received / 1e6).toFixed(1)} MB`],
    });
  }

  step({ epoch, step, steps, loss, imagesPerSecond }: StepRecord, epochs: number): void {
    this.progress.update({
      label: `epoch ${epoch}/${epochs}`,
      done: step,
      total: steps,
      facts: [`${Math.round(imagesPerSecond)} images/s`, `loss ${loss.toFixed(4)}`],
    });
  }

  epoch({ epoch, trainLoss, trainAccuracy, test, imagesPerSecond }: EpochRecord, epochs: number): void {
    const testText = test ? `, test loss ${test.loss.toFixed(4)}, accuracy ${percent(test.accuracy)}` : '';
    this.print(
      `epoch ${epoch}/${epochs}: train loss ${trainLoss.toFixed(4)}, accuracy ${percent(trainAccuracy)}` +
        `${testText}, ${Math.round(imagesPerSecond)} images/s`,
    );
  }

  end(testAccuracy: number, seconds: number, { checkpoint, report }: RunFiles): void {
    this.print(`Reached ${percent(testAccuracy)} test accuracy in ${durationText(seconds)}.`);
    console.log(`Checkpoint: ${checkpoint}`);
    console.log(`Report:     ${report}`);
  }

  interrupted(epochsDone: number, checkpoint: string): void {
    this.print(`Interrupted after ${epochsDone} ${epochsDone === 1 ? 'epoch' : 'epochs'}.`);
    console.log(`Checkpoint: ${checkpoint}`);
  }

  private print(line: string): void {
    this.progress.clear();
    console.log(line);
  }
}

export class JsonOutput implements TrainOutput {
  device(all: readonly DeviceInfo[], chosen: string, reason: string): void {
    print({ event: 'device', device: chosen, reason, devices: all });
  }

  resumed(checkpoint: string, epoch: number, step: number): void {
    print({ event: 'resumed', checkpoint, epoch, step });
  }

  watching(url: string): void {
    print({ event: 'watching', url });
  }

  warning(text: string): void {
    print({ event: 'warning', text });
  }

  epoch({ test, ...record }: EpochRecord, epochs: number): void {
    const { event, epoch, ...measured } = record;
    print({ event, epoch, epochs, ...measured, testLoss: test?.loss, testAccuracy: test?.accuracy });
  }

  end(testAccuracy: number, seconds: number, files: RunFiles): void {
    print({ event: 'end', testAccuracy, seconds, ...files });
  }

  interrupted(epochsDone: number, checkpoint: string): void {
    print({ event: 'interrupted', epoch: epochsDone, checkpoint });
  }
}

function print(event: object): void {
  console.log(JSON.stringify(event));
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}
