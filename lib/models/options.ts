import type { ModuleOptions } from '../nn/index.js';

/** What every model takes. */
export interface ModelOptions extends ModuleOptions {
  /** Number of classes. Default 10. */
  classes?: number;
}
