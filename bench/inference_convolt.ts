/** convolt's side of bench/inference.ts: writes its models as ONNX files, then answers requests. */
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { device, models, nn, noGrad, onnx, Random, scope, tensor, type Tensor } from 'convolt';

import { IMAGE, inferenceModels, pixels, timed, type InferenceAnswer, type InferenceModel, type InferenceRequest } from './inference_cases.js';

const folder = process.argv[2] ?? '';
const on = device('cpu');
const inputShape = [1, IMAGE.height, IMAGE.width, IMAGE.channels];

/** A model with running statistics of noise, folded. */
async function make(name: InferenceModel): Promise<nn.Module> {
  const random = new Random(1);
  const model = models.createModel(name, { device: on, random });
  for (let pass = 0; pass < 20; pass++) {
    const shape = [16, 64, 64, IMAGE.channels], values = Float32Array.from({ length: 16 * 64 * 64 * IMAGE.channels }, () => random.normal());
    scope(() => void noGrad(() => model.forward(tensor(values, { shape, device: on }))));
  }
  model.eval();
  await nn.foldBatchNorm(model, inputShape);
  return model;
}

const made = new Map<InferenceModel, nn.Module>();

async function write(): Promise<string[]> {
  const files: string[] = [];
  for (const name of inferenceModels) {
    const model = await make(name);
    made.set(name, model);
    files.push(...(await onnx.writeOnnx(join(folder, `${name}.onnx`), model, { inputShape })));
  }
  return files;
}

function answer({ model: name, batch, precision }: InferenceRequest): Promise<InferenceAnswer> {
  const model = made.get(name)!, values = pixels(batch), shape = [batch, ...inputShape.slice(1)];
  return timed(async () => {
    using images: Tensor = tensor(values, { shape, device: on });
    return (await model.predict(images, { record: true, precision })).flatMap((output) => [...output]);
  });
}

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line) as InferenceRequest | 'write';
  console.log(JSON.stringify(request === 'write' ? await write() : await answer(request)));
}
