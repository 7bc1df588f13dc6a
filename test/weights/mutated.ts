/** Files as they should not be. */
import type { TestRandom } from '../ops/array.js';

const extremes = [0, 1, 0x7f, 0x80, 0xff];

/** A file with one to four changes. */
export function mutated(original: Uint8Array, random: TestRandom): Uint8Array {
  let bytes = Uint8Array.from(original);
  const place = () => random.integer(0, Math.max(1, bytes.length));
  for (let change = random.integer(1, 5); change > 0; change--) {
    const at = place(), length = Math.min(random.integer(1, 9), bytes.length - at);
    switch (random.integer(0, 6)) {
      case 0: // cut short
        bytes = bytes.slice(0, at);
        break;
      case 1: // one bit
        if (at < bytes.length) bytes[at]! ^= 1 << random.integer(0, 8);
        break;
      case 2: // a number at its limits
        bytes.fill(extremes[random.integer(0, extremes.length)]!, at, at + length);
        break;
      case 3: // bytes from elsewhere
        bytes.copyWithin(at, place(), place() + length);
        break;
      case 4: // bytes less
        bytes = Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(at + length)]);
        break;
      default: // bytes more
        bytes = Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(at, at + length), ...bytes.subarray(at)]);
    }
  }
  return bytes;
}
