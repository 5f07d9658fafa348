/** So many characters in a row are no accident; of what is shorter than that, only the whole could be told from other words. */
const windowLength = 10;

/**
 * Whether `text` gives away a part of one of `secrets`, also escaped (percent, JSON, HTML), encoded (base64, hex), reversed, or with
 * something between its letters. A provider's error page may have made any of these out of what it was sent.
 */
export function quotesSecret(text: string, secrets: readonly string[]): boolean {
  const readings = [text, unescaped(text)].map(squeezed);
  const needles = secrets.flatMap(writings).flatMap(windows);
  return needles.some((needle) => readings.some((reading) => reading.includes(needle)));
}

function unescaped(text: string): string {
  return text
    .replaceAll(/%([0-9a-f]{2})|\\x([0-9a-f]{2})|\\u([0-9a-f]{4})|&#x([0-9a-f]{1,6});/gi, (_, ...groups: string[]) =>
      character(Number.parseInt(groups.slice(0, 4).find((group) => group !== undefined) ?? '', 16)),
    )
    .replaceAll(/&#(\d{1,7});/g, (_, code: string) => character(Number(code)));
}

function character(codePoint: number): string {
  return codePoint <= 0x10_ff_ff ? String.fromCodePoint(codePoint) : '';
}

/** Letters and digits only, in one case. */
function squeezed(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9]/g, '').toLowerCase();
}

function writings(secret: string): string[] {
  const bytes = Buffer.from(secret);
  // Where the encoding begins depends on how much stands before it; the ends are another's letters.
  const base64 = [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    return text.slice(before === 0 ? 0 : 4, -4);
  });
  const reversed = [...secret].reverse().join('');
  return [secret, reversed, bytes.toString('hex'), ...base64].map(squeezed);
}

function windows(text: string): string[] {
  const count = Math.max(0, text.length - windowLength + 1);
  return Array.from({ length: count }, (_, start) => text.slice(start, start + windowLength));
}
