/** Forward passes whose layers are seen as they run. */
import { enterLayer } from '../core/layer.js';
import type { Module } from './module.js';

/** Gives what is called in place of a module's forward. */
type Wrapper = (name: string, module: Module, forward: Module['forward']) => Module['forward'];

/** Runs `fn` while every call of a module's forward goes through `call`. */
export function whileWrapping<T>(model: Module, call: Wrapper, fn: () => T): T {
  const before = [...model.modules()].map(([name, module]) => ({ name, module, own: Object.getOwnPropertyDescriptor(module, 'forward') }));
  for (const { name, module } of before) module.forward = call(name, module, module.forward.bind(module));
  try {
    return fn();
  } finally {
    for (const { module, own } of before) {
      Reflect.deleteProperty(module, 'forward'); // the class's own shows again
      if (own) Object.defineProperty(module, 'forward', own); // or that of hooks
    }
  }
}

/** Runs `fn`, and names the layers of a model to those who report on ops: see core/layer.ts. */
export function namingLayers<T>(model: Module, fn: () => T): T {
  const call: Wrapper = (name, _module, forward) => (...inputs) => {
    const outer = enterLayer(name);
    try {
      return forward(...inputs);
    } finally {
      enterLayer(outer);
    }
  };
  return whileWrapping(model, call, fn);
}
