import type { Module } from './module.js';

/** Sets a model to evaluation. Returns what sets each module back to what it was. */
export function enterEvaluation(model: Module): () => void {
  const modules = model.everyModule();
  if (modules.every(({ training }) => !training)) return () => undefined; // as a model that serves is
  const before = modules.map((module) => [module, module.training] as const);
  model.eval();
  return () => {
    for (const [module, training] of before) module.train(training); // outer ones first, so that inner ones stay different
  };
}

/** Runs `fn` with the model in evaluation, so that nothing in it changes. */
export function inEvaluation<T>(model: Module, fn: () => T): T {
  const leave = enterEvaluation(model);
  try {
    return fn();
  } finally {
    leave();
  }
}
