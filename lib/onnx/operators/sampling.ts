import { concat, gridSample, nms, roiAlign } from '../../ops/index.js';
import { tensor } from '../../core/tensor.js';
import { image, type Operators } from '../call.js';
import { Unsupported } from '../model.js';
import { resize } from './resize.js';

/** A box's corners, least first, from two corners in any order, or from its centre and extent. */
function corners(box: readonly number[], isCentred: boolean): number[] {
  const [a = 0, b = 0, c = 0, d = 0] = box;
  if (isCentred) return [a - c / 2, b - d / 2, a + c / 2, b + d / 2];
  return [Math.min(a, c), Math.min(b, d), Math.max(a, c), Math.max(b, d)];
}

export const sampling: Operators = {
  /** Boxes of each image and class by themselves; gives rows of image, class and box. */
  async NonMaxSuppression(call) {
    const [images = 0, boxes = 0] = call.shape(0), classes = call.shape(1)[1] ?? 0;
    const most = call.numbers(2)?.[0] ?? 0, iouThreshold = call.numbers(3)?.[0] ?? 0, least = call.numbers(4)?.[0] ?? -Infinity;
    const isCentred = call.number('center_point_box', 0) === 1, coordinates = call.host(0).data, scores = call.host(1).data;
    const rows: number[] = [];
    for (let image = 0; image < images; image++) {
      for (let of = 0; of < classes; of++) {
        const score = (box: number) => scores[(image * classes + of) * boxes + box]!;
        const candidates = Array.from({ length: boxes }, (_, box) => box).filter((box) => score(box) > least);
        const cornersOf = (box: number) => corners([...coordinates.subarray((image * boxes + box) * 4).subarray(0, 4)], isCentred);
        const device = call.device, shape = [candidates.length, 4];
        const kept = await nms(
          tensor(Float32Array.from(candidates.flatMap(cornersOf)), { shape, device }),
          tensor(Float32Array.from(candidates, score), { device }),
          { iouThreshold },
        );
        for (const place of kept.slice(0, most)) rows.push(image, of, candidates[place]!);
      }
    }
    return [{ type: 'int64', shape: [rows.length / 3, 3], data: Float64Array.from(rows) }];
  },
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
