/** convolt's side of bench/augment.ts: prints one JSON object. */
import { augment, device, randomState, scope, tensor, type Tensor } from 'convolt';

const ROUNDS = 5;

const on = device('cpu');
const bytes = Uint8Array.from({ length: 256 * 224 * 224 * 3 }, (_, i) => (i * 2654435761) >>> 13);
const images = tensor(bytes, { shape: [256, 224, 224, 3], device: on });
const random = randomState(1, on);

const normalize = augment.normalize({ mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] });
const jitter = augment.colorJitter({ brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1 });
const transforms: Record<string, (images: Tensor<'uint8'>, random: Tensor<'int32'>) => Tensor<'uint8'> | Tensor> = {
  randomCrop: augment.randomCrop({ size: 224, padding: 28 }),
  randomResizedCrop: augment.randomResizedCrop({ size: 224 }),
  flip: augment.flip({ probability: 1 }),
  rotation: augment.rotation({ degrees: 30 }),
  colorJitter: jitter,
  grayscale: augment.grayscale({ probability: 1 }),
  gaussianBlur: augment.gaussianBlur({ kernel: 23 }),
  solarize: augment.solarize({ probability: 1 }),
  erase: augment.erase({ probability: 1 }),
  normalize,
  randAugment: augment.randAugment(),
  'resized crop, flip, jitter, normalize': augment.compose([augment.randomResizedCrop({ size: 224 }), augment.flip(), jitter, normalize]),
};

const milliseconds: Record<string, number> = {};
for (const [name, transform] of Object.entries(transforms)) {
  const times: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    await on.synchronize();
    const began = performance.now();
    scope(() => {
      transform(images, random);
    });
    await on.synchronize();
    if (round > 0) times.push(performance.now() - began); // the first one allocates
  }
  milliseconds[name] = times.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? NaN;
}
console.log(JSON.stringify({ version: 'convolt', milliseconds }));
