/** Learning rates over a run. A schedule gives the rate of step `step`, counted from 0, of `steps`. */
export type Schedule = (step: number, steps: number) => number;

/**
 * Half a cosine from `lr` at the first step down to `final` behind the last.
 * Loshchilov and Hutter, SGDR: stochastic gradient descent with warm restarts, 2017, equation 5.
 *
 * @param options.final default 0.
 * @param options.warmup part of the run in which the rate first rises to `lr` in a line. Default 0.
 */
export function cosine(
  lr: number,
  { final = 0, warmup = 0 }: { final?: number; warmup?: number } = {},
): Schedule {
  return (step, steps) => {
    const rising = Math.floor(steps * warmup);
    if (step < rising) return (lr * (step + 1)) / (rising + 1);
    const progress = (step - rising) / Math.max(1, steps - rising);
    return final + ((lr - final) * (1 + Math.cos(Math.PI * progress))) / 2;
  };
}
