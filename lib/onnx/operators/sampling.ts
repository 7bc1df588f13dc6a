import { concat, gridSample, roiAlign } from '../../ops/index.js';
import { image, type Operators } from '../call.js';
import { Unsupported } from '../model.js';
import { resize } from './resize.js';

export const sampling: Operators = {
  Resize: (call) => resize(call, call.opset < 11 ? 1 : 2),
  Upsample: (call) => resize(call, 1),
  GridSample(call) {
    const mode = call.text('mode', 'bilinear') as 'bilinear', paddingMode = call.text('padding_mode', 'zeros') as 'zeros';
    return [image(gridSample(call.image(0), call.floats(1), { mode, paddingMode, alignCorners: call.number('align_corners', 0) === 1 }))];
  },
  RoiAlign(call) {
    if (call.text('mode', 'avg') !== 'avg') throw new Unsupported('RoiAlign by the largest sample');
    const rois = call.floats(1), images = call.floats(2).reshape([rois.shape[0]!, 1]);
    return [
      image(
        roiAlign(call.image(0), concat([images, rois], 1), {
          outputSize: [call.number('output_height', 1), call.number('output_width', 1)],
          samplingRatio: call.number('sampling_ratio', 0),
          spatialScale: call.number('spatial_scale', 1),
          aligned: call.text('coordinate_transformation_mode', call.opset < 16 ? 'output_half_pixel' : 'half_pixel') === 'half_pixel',
        }),
      ),
    ];
  },
};
