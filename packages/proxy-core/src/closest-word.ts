/** As many letters say what somebody was about to type. */
const telling = 3;

/**
 * The word that was probably meant, for "did you mean ...?": one that goes on as it was begun, and else one that is nearly the same;
 * undefined when none is near.
 */
export function closestWord(typed: string, words: readonly string[]): string | undefined {
  const start = normal(typed);
  const all = words
    .map((word) => ({ word, edits: editDistance(start, normal(word)) }))
    .sort((a, b) => a.edits - b.edits);
  const longer = start.length < telling ? undefined : all.find(({ word }) => normal(word).startsWith(start));
  const similar = all.find(({ word, edits }) => edits <= Math.max(1, Math.floor(word.length / 3)));
  return (longer ?? similar)?.word;
}

/** `clientId`, `client-id` and `client_id` are the same word to a person. */
function normal(word: string): string {
  return word.toLowerCase().replaceAll(/[-_]/g, '');
}

/** Levenshtein distance by rows, where two neighbours that changed places count as one edit. */
function editDistance(a: string, b: string): number {
  let above: readonly number[] = [];
  let row: readonly number[] = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitute = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swap = swapped ? (above[j - 2] ?? 0) + 1 : substitute;
      next.push(Math.min(substitute, swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    above = row;
    row = next;
  }
  return row[b.length] ?? 0;
}
