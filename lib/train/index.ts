/** Training, measuring and saving models. */
export { loadCheckpoint, saveCheckpoint, type CheckpointInfo } from './checkpoint.js';
export { ConfusionMatrix } from './metrics.js';
export { encodePng, pngUrl } from './png.js';
export { renderReport, type Mistake, type ReportData, type ReportEpoch } from './report.js';
export {
  Trainer,
  type EpochRecord,
  type Evaluation,
  type FitOptions,
  type StepRecord,
  type TrainerOptions,
} from './trainer.js';
