/** ONNX's NonMaxSuppression by convolt's: for its cases. How many boxes it keeps depends on them, so no module has it. */
import { tensor } from '../../lib/core/tensor.js';
import type { Call, Result } from '../../lib/onnx/call.js';
import { nms } from '../../lib/ops/index.js';

/** A box's corners, least first, from two corners in any order, or from its centre and extent. */
function corners(box: readonly number[], isCentred: boolean): number[] {
  const [a = 0, b = 0, c = 0, d = 0] = box;
  if (isCentred) return [a - c / 2, b - d / 2, a + c / 2, b + d / 2];
  return [Math.min(a, c), Math.min(b, d), Math.max(a, c), Math.max(b, d)];
}

/** Boxes of each image and class by themselves; gives rows of image, class and box. */
export async function nonMaxSuppression(call: Call): Promise<Result[]> {
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
}
