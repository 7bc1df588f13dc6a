/** Training, measuring and saving models. */
export { checkpointMetadata, loadCheckpoint, saveCheckpoint, type CheckpointInfo, type LoadCheckpointOptions } from './checkpoint.js';
export { CheckpointFolder, type CheckpointFolderOptions, type LatestOptions, type SavedTraining, type SaveOptions } from './checkpoint_folder.js';
export { EarlyStopping, type EarlyStoppingOptions, type EarlyStoppingState, type Measure } from './early_stopping.js';
export { evaluate, predict, type EvaluateOptions, type Evaluation, type PixelOptions } from './evaluation.js';
export { EventWriter } from './event_writer.js';
export type { Callback, FitOptions } from './fit.js';
export { findLearningRate, renderLrFinding, type LrFinderOptions, type LrFinding } from './lr_finder.js';
export {
  Calibration,
  ClassCounts,
  ConfusionMatrix,
  RocAuc,
  TopKAccuracy,
  type Average,
  type CalibrationBin,
  type CalibrationResult,
  type ClassMeasure,
  type Metric,
} from './metrics/index.js';
export { encodePng, pngUrl } from './png.js';
export type { CheckpointRecord, EpochRecord, StepRecord, TrainingRecord } from './records.js';
export { extractFeatures, LinearProbe, type FeatureOptions, type Features, type LinearProbeOptions } from './linear_probe.js';
export { LivePage, type LiveParts } from './live_page.js';
export { renderReport, reportParts, type Mistake, type ReportData, type ReportEpoch, type ReportParts } from './report.js';
export {
  crossValidate,
  drawsOf,
  gridOf,
  search,
  searchTable,
  type Choice,
  type ChoiceValue,
  type CrossValidation,
  type SearchOptions,
  type SearchResult,
  type Values,
} from './search.js';
export { RequestBatcher, type RequestBatcherOptions } from './request_batcher.js';
export { Trainer, type TrainerOptions } from './trainer.js';
export type { Clipping, Mixer } from './training_step.js';
export type { EpochTotals, TrainingProgress, TrainingState } from './training_state.js';
