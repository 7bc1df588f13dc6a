/** Our side of bench/gpu/steps.ts: `node step_convolt.js DEVICE CASE SEED SECONDS LEAST`, where CASE is JSON. Prints one JSON object. */
import { timeStep, type StepCase } from './steps.js';

const [deviceName, json, seed, seconds, least] = process.argv.slice(2) as [string, string, string, string, string];
try {
  const timing = await timeStep(deviceName, JSON.parse(json) as StepCase, Number(seed), { seconds: Number(seconds), least: Number(least) });
  console.log(JSON.stringify(timing));
} catch (error) {
  console.log(JSON.stringify({ error: error instanceof Error ? error.message : String(error) }));
}
