/** What training gives while it goes on. */
import type { Evaluation } from './evaluation.js';
import type { TrainingState } from './training_state.js';

export interface StepRecord {
  event: 'step';
  /** From 1. */
  epoch: number;
  /** From 1, within the epoch. */
  step: number;
  /** Steps of an epoch. */
  steps: number;
  /** Mean over the batch, before the step. */
  loss: number;
  /** The learning rate of the step. */
  lr: number;
  /** Since the epoch, or the part of it that this run does, began. */
  imagesPerSecond: number;
}

export interface EpochRecord {
  event: 'epoch';
  /** From 1. */
  epoch: number;
  /** Mean over the epoch's images, each as it was when its batch was trained on. */
  trainLoss: number;
  trainAccuracy: number;
  /** Over the test set, if there is one. */
  test?: Evaluation;
  /** In training, without the evaluation. */
  imagesPerSecond: number;
}

/** The run as it is behind the records so far, if `checkpoint` asks for it. */
export interface CheckpointRecord {
  event: 'checkpoint';
  state: TrainingState;
}

export type TrainingRecord = StepRecord | EpochRecord | CheckpointRecord;
