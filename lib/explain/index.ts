/** Looking inside of networks: what they see, and where. */
export { maximiseActivation, type MaximisationOptions } from './activation_maximisation.js';
export { activationDistributions, type ActivationDistribution, type DistributionOptions } from './activations.js';
export { gradCam, guidedBackprop, saliency } from './gradients.js';
export { equivarianceError, invarianceCurves, type EquivarianceOptions, type InvarianceCurves, type InvarianceOptions } from './invariance.js';
export { occlusion, type OcclusionOptions } from './occlusion.js';
export { pictureGrid, type Picture, type PictureGridLayout } from './picture_grid.js';
export {
  activationPictures, filterPictures, gradientPicture, heatPicture, imagePicture, type ActivationPictureOptions, type HeatOptions, type PictureGridOptions,
} from './pictures.js';
export type { Target } from './score.js';
