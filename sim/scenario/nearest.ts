/** "Did you mean ...?": the nearest of the words that would have been right. */

/** The known word that is at most a third of its letters away, or null. */
export function nearest(word: string, known: readonly string[]): string | null {
  let best: string | null = null;
  let bestDistance = Math.max(1, Math.floor((word.length + 1) / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** "Did you mean x? Known are: a, b, c." */
export function suggestion(word: string, known: readonly string[]): string {
  const near = nearest(word, known);
  const list = known.length === 0 ? 'None is known here.' : `Known here: ${known.join(', ')}.`;
  return near === null ? list : `Did you mean "${near}"? ${list}`;
}

/** Longest words compared; a longer one is cut. */
const lettersMax = 64;

/** Levenshtein's distance. */
function editDistance(a: string, b: string): number {
  const left = a.slice(0, lettersMax);
  const right = b.slice(0, lettersMax);
  let row = Array.from({ length: right.length + 1 }, (_, i) => i);
  for (let i = 1; i <= left.length; i++) {
    const next = [i];
    for (let j = 1; j <= right.length; j++) {
      const same = left[i - 1] === right[j - 1] ? 0 : 1;
      next.push(Math.min((next[j - 1] ?? 0) + 1, (row[j] ?? 0) + 1, (row[j - 1] ?? 0) + same));
    }
    row = next;
  }
  return row[right.length] ?? 0;
}
