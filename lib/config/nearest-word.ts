// The word that a person most likely meant: for misspelt keys and names in settings. Must not guess when nothing is near.

/**
 * The candidate with the fewest slips (letters left out, added, wrong or swapped), when there are few enough for its length;
 * case, `-` and `_` do not count. undefined when none is near.
 */
export function nearestWord(word: string, candidates: readonly string[]): string | undefined {
  const asked = plain(word).slice(0, 80);
  let best: string | undefined;
  let fewest = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const known = plain(candidate);
    const slips = slipsBetween(asked, known);
    if (slips < fewest && slips <= Math.max(1, Math.floor(Math.max(asked.length, known.length) / 3))) {
      best = candidate;
      fewest = slips;
    }
  }
  return best;
}

function plain(word: string): string {
  return word.toLowerCase().replace(/[-_]/g, '');
}

/** Optimal string alignment distance. */
function slipsBetween(a: string, b: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const current = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1];
      let least = Math.min(
        (previous[j] ?? 0) + 1,
        (current[j - 1] ?? 0) + 1,
        (previous[j - 1] ?? 0) + (same ? 0 : 1),
      );
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        least = Math.min(least, (beforePrevious[j - 2] ?? 0) + 1);
      }
      current.push(least);
    }
    beforePrevious = previous;
    previous = current;
  }
  return previous[b.length] ?? 0;
}
