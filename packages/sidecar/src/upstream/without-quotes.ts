import { quotesSecret } from '@gprxy/credentials';
import { type ErrorFields, UpstreamError } from '@gprxy/proxy-core';

const WITHHELD = '[withheld: it quotes the credential that it was sent]';

/**
 * The upstream's refusal without the words in which it, or a proxy before it, quotes the secret back: what it says goes to the
 * client's screen, the log and `gprxy status`. `user` is no part of the secret although tokens have it in them, of Amazon RDS for example.
 */
export function withoutQuotes(error: unknown, secret: string, user: string): unknown {
  if (!(error instanceof UpstreamError) || error.response === undefined) return error;
  const { code, sqlState, hint, challenge } = error;
  const { unknown = [], ...known } = error.response;
  const withheld = (text: string) => (quotesSecret(without(user, text), [secret]) ? WITHHELD : text);
  const fields = Object.entries(known).map(([name, text]) => [name, withheld(text)] as const);
  const others = [...unknown].map(([letter, text]) => [letter, withheld(text)] as const);
  const response = { ...(Object.fromEntries(fields) as unknown as ErrorFields), unknown: new Map(others) };
  const said = challenge && !quotesSecret(Object.values(challenge).join('\n'), [secret]) ? { challenge } : {};
  return new UpstreamError(withheld(error.message), { code, sqlState, response, ...said, ...(hint && { hint }) });
}

function without(word: string, text: string): string {
  return word === '' ? text : text.replaceAll(word, ' ');
}
