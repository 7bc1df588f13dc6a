let allowed = false;

/**
 * Whether float32 convolutions may round their operands to TF32, which has 10 bits of mantissa where float32 has 23, and run
 * on tensor cores. Off at first: float32 means float32. Holds for calls from here on, with their gradients, on `cuda` and
 * `emu`; sums stay in float32.
 */
export function allowTf32(allow = true): void {
  allowed = allow;
}

/** What {@link allowTf32} was last told. */
export function tf32Allowed(): boolean {
  return allowed;
}
