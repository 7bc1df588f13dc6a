/** Work that is given to a device a few pieces ahead of what is read back. */

/**
 * Pieces that are given to the device before the outcome of the first of them is read: enough to keep it busy
 * while results travel back, and few enough for its queue.
 */
const IN_FLIGHT = 4;

/**
 * Gives pieces of work to the device and yields what comes of them, in their order and a few behind. Ends before
 * the next piece when `signal` says so.
 */
export async function* pipeline<Piece, Result>(
  source: AsyncIterable<Piece>,
  start: (piece: Piece) => Promise<Result>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Result, void, undefined> {
  const pending: Promise<Result>[] = [];
  try {
    for await (const piece of source) {
      if (signal?.aborted) break;
      const result = start(piece);
      result.catch(() => undefined); // An error is thrown when its turn comes, below.
      pending.push(result);
      if (pending.length === IN_FLIGHT) yield await pending.shift()!;
    }
    while (pending.length > 0) yield await pending.shift()!;
  } finally {
    await Promise.allSettled(pending);
  }
}
