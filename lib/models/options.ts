import type { ModuleOptions } from '../nn/index.js';

/** What every model takes. */
export interface ModelOptions extends ModuleOptions {
  /** Number of classes. Default that of the data set which the model was published with: 1000 for ImageNet. */
  classes?: number | undefined;
  /** Channels of the images. Default 3, or 1 where the model was published for grey ones. */
  channels?: number | undefined;
  /** Whether a network that was published with auxiliary classifiers, for training, has them. Default true. */
  auxiliary?: boolean | undefined;
}
