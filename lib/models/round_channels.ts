/**
 * A number of channels near `channels` that `divisor` divides: the nearest one, or the one above if that would be less
 * than nine tenths of it. What the MobileNet family scales its widths by.
 *
 * @param divisor default 8; the result is at least this.
 */
export function roundChannels(channels: number, divisor = 8): number {
  const nearest = Math.max(divisor, Math.floor((channels + divisor / 2) / divisor) * divisor);
  return nearest < 0.9 * channels ? nearest + divisor : nearest;
}
