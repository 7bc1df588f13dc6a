/** Measures of classification and segmentation. */
export { Calibration, type CalibrationBin, type CalibrationResult } from './calibration.js';
export { ClassCounts, ConfusionMatrix, countRight, type Average, type ClassMeasure } from './confusion_matrix.js';
export type { Metric } from './metric.js';
export { RocAuc } from './roc_auc.js';
export { TopKAccuracy } from './top_k_accuracy.js';
