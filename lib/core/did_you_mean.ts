/** Names that were probably meant where one is not known. */

/** Levenshtein's distance: letters that are added, left out or exchanged. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

/**
 * The end of a message about an unknown name: the nearest known one if at most two letters differ, whatever their case, and
 * no more than half of the name's; else ''.
 *
 * @param prefix of the known name, as users write it.
 * @internal
 */
export function didYouMean(name: string, known: Iterable<string>, prefix = ''): string {
  let nearest = '', least = Math.min(2, Math.floor(name.length / 2)) + 1;
  for (const candidate of known) {
    if (Math.abs(candidate.length - name.length) >= least) continue;
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < least) [nearest, least] = [candidate, distance];
  }
  return nearest === '' ? '' : `; did you mean ${prefix}${nearest}?`;
}
