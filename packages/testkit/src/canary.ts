import { randomBytes } from 'node:crypto';

/** So many letters of a canary in a row are a leak; fewer may be chance. */
const LEAK_LENGTH = 12;

/** A secret for a test that looks where it turns up: letters and digits only, never the same twice. */
export function createCanary(length = 44): string {
  const letters = randomBytes(4 * length)
    .toString('base64')
    .replaceAll(/[^A-Za-z0-9]/g, '');
  return `canary${letters}`.slice(0, length);
}

/** The ways in which an error page, a proxy or a careless library may write down a secret that it was sent. */
export function disguisesOf(secret: string): Readonly<Record<string, string>> {
  const characters = [...secret];
  const coded = (write: (code: number) => string) => characters.map((c) => write(c.charCodeAt(0))).join('');
  const bytes = Buffer.from(secret);
  return {
    'as it is': secret,
    'in a header': `Authorization: Bearer ${secret}`,
    'in a URL': `https://login.example/cb?code=${secret}&state=x`,
    'in capitals': secret.toUpperCase(),
    'in half': secret.slice(0, secret.length / 2),
    'percent-encoded': coded((code) => `%${code.toString(16)}`),
    'as JSON escapes': coded((code) => `\\u${code.toString(16).padStart(4, '0')}`),
    'as JSON in JSON': JSON.stringify(JSON.stringify({ token: secret })),
    'as HTML entities': coded((code) => `&#${code};`),
    'in base64': bytes.toString('base64'),
    'in base64 as a password': Buffer.from(`gprxy-cli:${secret}`).toString('base64'),
    'in base64url': bytes.toString('base64url'),
    'in hex': bytes.toString('hex'),
    'with blanks': (secret.match(/.{1,6}/g) ?? []).join(' '),
    'with line breaks': (secret.match(/.{1,9}/g) ?? []).join('\r\n'),
    'with zero-width spaces': characters.join('\u200b'),
    backwards: characters.toReversed().join(''),
  };
}

/** Which readings of `text` show the secret, or a good part of it; empty where none does. */
export function tracesOf(secret: string, text: string): string[] {
  const readings: Record<string, string> = {
    'as it is': text,
    unescaped: unescaped(text),
    'from base64': fromEach(text, /[\w+/-]{8,}/g, fromBase64),
    'from hex': fromEach(text, /[0-9a-f]{16,}/gi, (run) => Buffer.from(run, 'hex').toString('latin1')),
    backwards: [...text].reverse().join(''),
  };
  const wanted = parts(squeezed(secret));
  const shows = (reading: string) => {
    const letters = squeezed(reading);
    return wanted.some((part) => letters.includes(part));
  };
  return Object.entries(readings).flatMap(([name, reading]) => (shows(reading) ? [name] : []));
}

function parts(secret: string): string[] {
  const count = Math.max(1, secret.length - LEAK_LENGTH + 1);
  return Array.from({ length: count }, (_, start) => secret.slice(start, start + LEAK_LENGTH));
}

const squeezed = (text: string) => text.replaceAll(/[^A-Za-z0-9]/g, '').toLowerCase();

function unescaped(text: string): string {
  const fromHex = (_: string, code: string) => String.fromCharCode(Number.parseInt(code, 16));
  return text
    .replaceAll('\\\\', '\\')
    .replaceAll(/\\[nrt]/g, ' ')
    .replaceAll(/(?:%|\\x)([0-9a-f]{2})/gi, fromHex)
    .replaceAll(/\\u([0-9a-f]{4})/gi, fromHex)
    .replaceAll(/&#(\d{1,5});/g, (_, code: string) => String.fromCharCode(Number(code)));
}

function fromEach(text: string, pattern: RegExp, decode: (run: string) => string): string {
  return [...text.matchAll(pattern)].map(([run]) => decode(run)).join('\n');
}

/** Nobody knows how much of a run stands before the first group of four. */
function fromBase64(run: string): string {
  return [0, 1, 2, 3].map((start) => Buffer.from(run.slice(start), 'base64').toString('latin1')).join('\n');
}
