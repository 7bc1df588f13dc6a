/** Regions and boxes of detection. */
import {
  batchedNms,
  boxIou,
  completeBoxIou,
  completeBoxIouLoss,
  distanceBoxIou,
  distanceBoxIouLoss,
  generalizedBoxIou,
  generalizedBoxIouLoss,
  nms,
  psRoiAlign,
  psRoiPool,
  roiAlign,
  roiPool,
  type PerAxis,
  type Reduction,
} from '../../../lib/ops/index.js';
import type { Tensor } from '../../../lib/core/tensor.js';
import { channelsLast } from '../layout.js';
import type { GoldenOp, GoldenOps } from './golden_op.js';

interface RegionInputs {
  x: Tensor;
  rois: Tensor;
}

interface RegionAttributes {
  output_size: PerAxis;
  spatial_scale: number;
}

interface SampledAttributes extends RegionAttributes {
  sampling_ratio: number;
  aligned?: boolean;
}

interface Boxes {
  a: Tensor;
  b: Tensor;
}

interface Scored {
  boxes: Tensor;
  scores: Tensor;
}

const layouts = { x: channelsLast, y: channelsLast };

function regionPooling(pool: typeof roiPool): GoldenOp {
  return {
    layouts,
    compute({ x, rois }: RegionInputs, { output_size: outputSize, spatial_scale: spatialScale }: RegionAttributes) {
      return { y: pool(x, rois, { outputSize, spatialScale }) };
    },
  };
}

function regionAlign(align: typeof roiAlign): GoldenOp {
  return {
    layouts,
    compute({ x, rois }: RegionInputs, attributes: SampledAttributes) {
      const { output_size: outputSize, spatial_scale: spatialScale, sampling_ratio: samplingRatio, aligned } = attributes;
      return { y: align(x, rois, { outputSize, spatialScale, samplingRatio, aligned }) };
    },
  };
}

function agreement(iou: (a: Tensor, b: Tensor) => Tensor): GoldenOp {
  return { compute: ({ a, b }: Boxes) => ({ y: iou(a, b) }) };
}

function boxLoss(loss: typeof generalizedBoxIouLoss): GoldenOp {
  return { compute: ({ a, b }: Boxes, { reduction }: { reduction: Reduction }) => ({ y: loss(a, b, { reduction }) }) };
}

export const regions: GoldenOps = {
  roi_align: regionAlign(roiAlign),
  ps_roi_align: regionAlign(psRoiAlign),
  roi_pool: regionPooling(roiPool),
  ps_roi_pool: regionPooling(psRoiPool),
  nms: {
    compute: ({ boxes, scores }: Scored, { iou_threshold: iouThreshold }: { iou_threshold: number }) => ({
      y: nms(boxes, scores, { iouThreshold }),
    }),
  },
  batched_nms: {
    compute: ({ boxes, scores, cls }: Scored & { cls: Tensor<'int32'> }, { iou_threshold: iouThreshold }: { iou_threshold: number }) => ({
      y: batchedNms(boxes, scores, cls, { iouThreshold }),
    }),
  },
  box_iou: agreement(boxIou),
  generalized_box_iou: agreement(generalizedBoxIou),
  distance_box_iou: agreement(distanceBoxIou),
  complete_box_iou: agreement(completeBoxIou),
  generalized_box_iou_loss: boxLoss(generalizedBoxIouLoss),
  distance_box_iou_loss: boxLoss(distanceBoxIouLoss),
  complete_box_iou_loss: boxLoss(completeBoxIouLoss),
};
