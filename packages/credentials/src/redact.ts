import { quotesSecret } from './quotes-secret.ts';

const maxLength = 300;

/** One printable line without any of `secrets`: nothing that arrives from the network may write on a terminal. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  let safe = text;
  for (const secret of secrets) if (secret !== '') safe = safe.replaceAll(secret, '[redacted]');
  // What is not replaced by now was put in other words, and it cannot be told where they end.
  if (quotesSecret(safe, secrets)) return '[redacted]';
  safe = safe.replace(/[^\x20-\x7e\u00a0-\u2027\u202f-\ufffd]+/g, ' ').trim();
  return safe.length > maxLength ? `${safe.slice(0, maxLength)}...` : safe;
}

/** A provider's own words. They may quote a token that we never saw, so whatever is merely as long as one goes too. */
export function redact(text: string, secrets: readonly string[]): string {
  return withoutSecrets(text, secrets).replace(/\S{32,}/g, '[redacted]');
}
