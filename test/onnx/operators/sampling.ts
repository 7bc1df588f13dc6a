import { gridSample, interpolate, roiAlign, concat, type InterpolateMode } from '../../../lib/ops/index.js';
import { image, type Call, type Operators } from '../call.js';
import { Skip } from '../model.js';

const linears: readonly InterpolateMode[] = ['linear', 'bilinear', 'trilinear'];

/** The mode of interpolate that places and rounds coordinates as the operator asks. */
function resizeMode(call: Call, axes: number): { mode: InterpolateMode; alignCorners?: boolean } {
  const mode = call.text('mode', 'nearest'), coordinates = call.text('coordinate_transformation_mode', call.opset < 11 ? 'asymmetric' : 'half_pixel');
  const rounding = call.text('nearest_mode', call.opset < 11 ? 'floor' : 'round_prefer_floor');
  const unlike = new Skip(`Resize ${mode} with ${coordinates}${mode === 'nearest' ? ` and ${rounding}` : ''}`);
  if (mode === 'nearest') {
    if (coordinates === 'asymmetric' && rounding === 'floor') return { mode: 'nearest' };
    if (coordinates === 'half_pixel' && rounding === 'round_prefer_floor') return { mode: 'nearest-exact' };
    throw unlike;
  }
  const alignCorners = coordinates === 'align_corners';
  if (!alignCorners && coordinates !== 'half_pixel' && coordinates !== 'pytorch_half_pixel') throw unlike;
  if (mode === 'linear') return { mode: linears[axes - 1]!, alignCorners };
  if (call.number('cubic_coeff_a', -0.75) !== -0.75 || call.number('exclude_outside', 0) === 1) throw new Skip('Resize cubic with other coefficients');
  return { mode: 'bicubic', alignCorners };
}

function resize(call: Call, scalesInput: number) {
  const spatial = call.shape(0).slice(2);
  const scales = call.numbers(scalesInput), sizes = call.numbers(3);
  const options = resizeMode(call, spatial.length);
  const by = sizes ? { size: sizes.slice(2) } : { scaleFactor: scales!.slice(2) };
  return [image(interpolate(call.image(0), { ...options, ...by }))];
}

export const sampling: Operators = {
  Resize: (call) => resize(call, call.opset < 11 ? 1 : 2),
  Upsample: (call) => resize(call, 1),
  GridSample(call) {
    const mode = call.text('mode', 'bilinear') as 'bilinear', paddingMode = call.text('padding_mode', 'zeros') as 'zeros';
    return [image(gridSample(call.image(0), call.floats(1), { mode, paddingMode, alignCorners: call.number('align_corners', 0) === 1 }))];
  },
  RoiAlign(call) {
    if (call.text('mode', 'avg') !== 'avg') throw new Skip('RoiAlign by the largest sample');
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
