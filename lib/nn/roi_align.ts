import { ConvoltError } from '../core/errors.js';
import type { Tensor } from '../core/tensor.js';
import {
  psRoiAlign,
  psRoiPool,
  roiAlign,
  type PsRoiAlignOptions,
  type PsRoiPoolOptions,
  type RoiAlignOptions,
} from '../ops/index.js';
import { Module } from './module.js';

/** Regions of images [N,H,W,C], named by rois [R,5], as pictures [R,P,Q,…] of one size. */
abstract class RegionModule<Options> extends Module {
  private readonly options: Options;

  constructor(options: Options) {
    super();
    this.options = options;
  }

  protected abstract average(x: Tensor, rois: Tensor, options: Options): Tensor;

  /**
   * @param rois [R,5]: rows of image, x1, y1, x2, y2.
   * @throws ERR_ARGUMENT without rois, as in a chain of layers that pass one tensor on.
   */
  override forward(x: Tensor, rois?: Tensor): Tensor {
    if (!rois) throw new ConvoltError('ERR_ARGUMENT', `${this.constructor.name}: expected forward to be called with x and rois, but got x alone`);
    return this.average(x, rois, this.options);
  }
}

/** RoI align, x [N,H,W,C] to [R,P,Q,C]. See {@link roiAlign}. */
export class RoIAlign extends RegionModule<RoiAlignOptions> {
  protected override average(x: Tensor, rois: Tensor, options: RoiAlignOptions): Tensor {
    return roiAlign(x, rois, options);
  }
}

/** Position-sensitive RoI align, x [N,H,W,K*P*Q] to [R,P,Q,K]. See {@link psRoiAlign}. */
export class PSRoIAlign extends RegionModule<PsRoiAlignOptions> {
  protected override average(x: Tensor, rois: Tensor, options: PsRoiAlignOptions): Tensor {
    return psRoiAlign(x, rois, options);
  }
}

/** Position-sensitive RoI pooling, x [N,H,W,K*P*Q] to [R,P,Q,K]. See {@link psRoiPool}. */
export class PSRoIPool extends RegionModule<PsRoiPoolOptions> {
  protected override average(x: Tensor, rois: Tensor, options: PsRoiPoolOptions): Tensor {
    return psRoiPool(x, rois, options);
  }
}
