// Runs a convolution with its gradients, with setBenchmark on, in a process that has no clock: what is timed throws. Prints y
// and the gradients of x and weight.
import { conv2d, setBenchmark, sum, mul, tensor } from '../../dist/index.js';

const { device, x, weight, groups } = JSON.parse(process.argv[2]);
const wave = (shape) => tensor(Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => Math.sin(i * 1.7 + 0.3)), { shape, device, requiresGrad: true });
performance.now = () => {
  throw new Error('timed');
};
setBenchmark();
const inputs = [wave(x), wave(weight)];
const y = conv2d(...inputs, { padding: 1, groups });
sum(mul(y, y)).backward();
console.log(JSON.stringify(await Promise.all([y, ...inputs.map(({ grad }) => grad)].map(async (each) => [...(await each.data())]))));
