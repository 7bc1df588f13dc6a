/** What plain JavaScript can pass to the functions around networks, against their types: each time one sentence tells what is wrong. */
import { afterAll, expect, test } from 'vitest';

import { ConvoltError } from '../../lib/core/errors.js';
import { explain, models, nn, onnx, weights } from '../../lib/index.js';
import { zeros } from '../../lib/ops/index.js';

const model = models.createModel('lenet5', { device: 'cpu', initialize: false }), x = zeros([1, 28, 28, 1], { device: 'cpu' });
const filters = zeros([2, 3, 3, 1], { device: 'cpu' }), inputShape = [1, 28, 28, 1], grey = { height: 2, width: 2, channels: 1 };
afterAll(() => [model, x, filters].forEach((owned) => owned.dispose()));


/** Calls a function with whatever arguments. */
async function thrown(fn: (...args: never[]) => unknown, args: readonly unknown[]): Promise<unknown> {
  try {
    await Reflect.apply(fn, undefined, args);
  } catch (error) {
    return error;
  }
  return 'nothing was thrown';
}

const networks = (async () => onnx.importOnnx(await onnx.exportOnnx(model, { inputShape }), { device: 'cpu' }))();

test.each<[method: 'forward' | 'run', argument: unknown, message: string]>([
  ['forward', undefined, 'OnnxModule.forward: expected x to be a tensor, but got undefined'],
  ['run', undefined, 'OnnxModule.run: expected inputs to be an object of tensors by name, but got undefined'],
  ['run', { input: 3 }, 'OnnxModule.run: expected input "input" to be a tensor, or a shape and data, but got 3'],
])('%s of a network from a file', async (method, argument, message) => {
  const network = await networks;
  const error = await thrown((given: never) => network[method](given), [argument]);
  expect(error).toMatchObject({ code: 'ERR_ARGUMENT', message });
});

type Case = [fn: (...args: never[]) => unknown, args: readonly unknown[], message: string];

test.each<Case>([
  [onnx.exportOnnx, [], 'exportOnnx: expected model to be a module, but got undefined'],
  [onnx.exportOnnx, [{}, { inputShape }], 'exportOnnx: expected model to be a module, but got an object'],
  [onnx.exportOnnx, [model], 'exportOnnx: expected options to be an object like { inputShape: [1, 28, 28, 1] }, but got undefined'],
  [onnx.exportOnnx, [model, null], 'exportOnnx: expected options to be an object like { inputShape: [1, 28, 28, 1] }, but got null'],
  [onnx.exportOnnx, [model, {}], 'exportOnnx: expected inputShape to be a list of at least 2 whole numbers of at least 1, like [1,28,28,1], but got undefined'],
  [onnx.exportOnnx, [model, { inputShape: '1,28' }], "exportOnnx: expected inputShape to be a list of at least 2 whole numbers of at least 1, like [1,28,28,1], but got '1,28'"],
  [onnx.exportOnnx, [model, { inputShape, channels: 'first' }], "exportOnnx: expected channels to be 'second' or 'last', but got 'first'"],
  [onnx.exportOnnx, [model, { inputShape, inputName: 3 }], 'exportOnnx: expected inputName to be a text that is not empty, but got 3'],
  [onnx.exportOnnx, [model, { inputShape, outputName: '' }], "exportOnnx: expected outputName to be a text that is not empty, but got ''"],
  [onnx.exportOnnx, [model, { inputShape, inputName: 'x', outputName: 'x' }], "exportOnnx: expected inputName and outputName to differ, but got 'x' for both"],
  [onnx.writeOnnx, [model, 'x.onnx', { inputShape }], 'writeOnnx: expected file to be a text that is not empty, but got an object'],
  [onnx.writeOnnx, ['x.onnx', model], 'writeOnnx: expected options to be an object like { inputShape: [1, 28, 28, 1] }, but got undefined'],
  [onnx.importOnnx, [], 'importOnnx: expected bytes to be a Uint8Array, but got undefined'],
  [onnx.importOnnx, ['x.onnx'], "importOnnx: expected bytes to be a Uint8Array, but got 'x.onnx'"],
  [onnx.importOnnx, [new Uint8Array(), null], 'importOnnx: expected options to be an object, but got null'],
  [onnx.importOnnx, [new Uint8Array(), { channels: 'first' }], "importOnnx: expected channels to be 'last' or 'second', but got 'first'"],
  [onnx.readOnnx, [], 'readOnnx: expected file to be a text that is not empty, but got undefined'],
  [onnx.readOnnx, ['x.onnx', { channels: 'first' }], "readOnnx: expected channels to be 'last' or 'second', but got 'first'"],

  [weights.loadWeights, [], 'loadWeights: expected model to be a module, but got undefined'],
  [weights.loadWeights, ['x.pt', model], "loadWeights: expected model to be a module, but got 'x.pt'"],
  [weights.loadWeights, [model], 'loadWeights: expected file to be a text that is not empty, but got undefined'],
  [weights.loadWeights, [model, 'x.pt', null], 'loadWeights: expected options to be an object, but got null'],
  [weights.saveWeights, ['x.safetensors', model], "saveWeights: expected model to be a module, but got 'x.safetensors'"],
  [weights.saveWeights, [model], 'saveWeights: expected file to be a text that is not empty, but got undefined'],
  [weights.readTfjsWeights, [], 'readTfjsWeights: expected file to be a text that is not empty, but got undefined'],
  [weights.decodeTfjsWeights, [{ weightsManifest: [] }], 'decodeTfjsWeights: expected bytes to be a Uint8Array, but got undefined'],
  [weights.loadKerasMobileNetV2, [model, new Map()], 'loadKerasMobileNetV2: expected model to be a MobileNetV2, but got LeNet5'],
  [weights.loadKerasMobileNetV2, [models.mobilenet_v2({ device: 'cpu', initialize: false })], 'loadKerasMobileNetV2: expected weights to be a Map of tensors by name, but got undefined'],

  [models.createModel, [], 'model: expected the name of a model, like resnet50, but got undefined'],
  [models.createModel, ['lenet5', null], 'createModel: expected options to be an object, but got null'],
  [models.modelInfo, [3], 'model: expected the name of a model, like resnet50, but got 3'],
  [models.alexnet, [{ without: 3, device: 'cpu' }], 'AlexNet: expected without to be a list of 3, 4, 6 and 7, but got 3'],
  [models.alexnet, [{ without: [1], device: 'cpu' }], 'AlexNet: expected without to be a list of 3, 4, 6 and 7, but got [1]'],
  [models.lenet5, [{ random: 3, device: 'cpu' }], 'random: expected a Random, like new Random(1), but got 3'],
  [models.fullyConvolutional, [], 'fullyConvolutional: expected a model with features and a classifier, but got undefined'],
  [models.fullyConvolutional, [x], 'fullyConvolutional: expected a model with features and a classifier, but got Tensor(float32 [1,28,28,1] on cpu)'],
  [models.fullyConvolutional, [model, { image: 5 }], 'fullyConvolutional: expected image to be [H,W,C], but got 5'],
  [models.loadTorchStateDict, [], 'loadTorchStateDict: expected model to be a module, but got undefined'],
  [models.loadTorchStateDict, [model, {}], 'loadTorchStateDict: expected state to be a Map of tensors by name, but got an object'],
  [models.torchTensors, [3], 'torchTensors: expected model to be a module, but got 3'],

  [explain.saliency, [], 'saliency: expected model to be a module, but got undefined'],
  [explain.saliency, [model, x], 'saliency: expected target to be a class from 0 to 9, or one for each of 1 images, but got undefined'],
  [explain.guidedBackprop, [model, x, '3'], "guidedBackprop: expected target to be a class from 0 to 9, or one for each of 1 images, but got '3'"],
  [explain.gradCam, [model, x, 0], "gradCam: expected options to be an object like { layer: 'features.3' }, but got undefined"],
  [explain.gradCam, [model, x, 0, { layer: 3 }], 'gradCam: expected a layer of LeNet5, like features, classifier, but got 3'],
  [explain.gradCam, [{}, x, 0, { layer: 'a' }], 'gradCam: expected model to be a module, but got an object'],
  [explain.occlusion, [{}, x, 0], 'occlusion: expected model to be a module, but got an object'],
  [explain.occlusion, [model, x, 0, null], 'occlusion: expected options to be an object, but got null'],
  [explain.occlusion, [model, x, 0, { value: 'a' }], "occlusion: expected value to be a finite number, but got 'a'"],
  [explain.maximiseActivation, [model], 'maximiseActivation: expected options to be an object like { channel: 0, shape: [64, 64, 3] }, but got undefined'],
  [explain.maximiseActivation, [model, { channel: 0 }], 'maximiseActivation: expected shape to be [H,W,C], but got undefined'],
  [explain.activationDistributions, [model, x, { layers: 'features' }], "activationDistributions: expected layers to be a list of names, but got 'features'"],
  [explain.invarianceCurves, [model, x], "invarianceCurves: expected options to be an object like { kind: 'rotation', values: [0, 90], layers: [''] }, but got undefined"],
  [explain.invarianceCurves, [model, x, { kind: 'scale', layers: [''] }], 'invarianceCurves: expected values to be a list of numbers, but got undefined'],
  [explain.invarianceCurves, [model, x, { kind: 'scale', values: [1] }], 'invarianceCurves: expected layers to be a list of names, but got undefined'],
  [explain.invarianceCurves, [model, x, { kind: 'scale', values: [1], layers: [''] }], 'invarianceCurves: expected images to be of type uint8, but got float32 [1,28,28,1]'],
  [explain.equivarianceError, [(images: unknown) => images, x], 'equivarianceError: expected options to be an object like { shift: [2, 2] }, but got undefined'],
  [explain.equivarianceError, [model, x, { shift: [1, 1] }], 'equivarianceError: expected f to be a function of images, like (x) => model.forward(x), but got an object'],
  [explain.equivarianceError, [(images: unknown) => images, x, { shift: 1 }], 'equivarianceError: expected shift to be [down, right], multiples of the stride 1, but got 1'],
  [explain.filterPictures, [], 'filterPictures: expected weight to be a tensor, but got undefined'],
  [explain.filterPictures, [filters, { most: 0 }], 'filterPictures: expected most to be a whole number of at least 1, but got 0'],
  [explain.filterPictures, [filters, { enlarge: 1.5 }], 'pictureGrid: expected enlarge to be a whole number of at least 1, but got 1.5'],
  [explain.activationPictures, [], 'activationPictures: expected maps to be a tensor, but got undefined'],
  [explain.imagePicture, [3], 'imagePicture: expected image to be a tensor, but got 3'],
  [explain.heatPicture, [], 'heatPicture: expected map to be a tensor, but got undefined'],
  [explain.pictureGrid, [], 'pictureGrid: expected pictures to be a list of at least 1 picture, but got undefined'],
  [explain.pictureGrid, [[], grey, { columns: 3 }], 'pictureGrid: expected pictures to be a list of at least 1 picture, but got []'],
  [explain.pictureGrid, [[new Uint8Array(4)], grey], 'pictureGrid: expected options to be an object like { columns: 8 }, but got undefined'],
  [explain.pictureGrid, [[new Uint8Array(4)], grey, { columns: 0 }], 'pictureGrid: expected columns to be a whole number of at least 1, but got 0'],
  [explain.pictureGrid, [[new Uint8Array(3)], grey, { columns: 1 }], 'pictureGrid: expected pictures of 2 x 2 x 1 numbers, but got one of 3'],

  [nn.tap, [model, x], 'tap: expected layers to be a list of names, but got undefined'],
  [(images: never) => model.predict(images), [5], 'predict: expected images to be a tensor, but got 5'],
  [nn.freezeUntil, [model], 'freezeUntil: expected a layer of LeNet5, like features, classifier, but got undefined'],
  [nn.fineTune, [model], "fineTune: expected options to be an object like { stages: 2 }, but got undefined"],
])('%o of %j', async (fn, args, message) => {
  const error = await thrown(fn, args);
  expect(error).toBeInstanceOf(ConvoltError);
  expect(error).toMatchObject({ code: 'ERR_ARGUMENT', message });
});
