import { conv1d, conv2d, conv3d } from '../../../lib/ops/index.js';
import { image, type Operators } from '../call.js';
import { windowAttributes } from './window.js';

const byAxes = [conv1d, conv2d, conv3d];

export const convolutions: Operators = {
  Conv(call) {
    const spatial = call.shape(0).slice(2), kernel = call.shape(1).slice(2);
    const { stride, dilation, padding } = windowAttributes(call, spatial, kernel);
    const bias = call.has(2) ? call.floats(2) : undefined;
    const options = { stride, dilation, padding, groups: call.number('group', 1), bias };
    return [image(byAxes[spatial.length - 1]!(call.image(0), call.image(1), options))];
  },
};
