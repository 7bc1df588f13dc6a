/** The layer that is running, for those who report on ops: the search for NaN and the memory report. */

let running: string | null = null;

/** The dotted name of the innermost layer that is running, or whose gradient is; null if layers are not named. @internal */
export function runningLayer(): string | null {
  return running;
}

/** Names the layer that runs from now on. Returns the one before, to be named again afterwards. @internal */
export function enterLayer(layer: string | null): string | null {
  const outer = running;
  running = layer;
  return outer;
}
