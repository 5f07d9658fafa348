import { quotesSecret } from '@gprxy/credentials';
import { type ErrorFields, UpstreamError } from '@gprxy/proxy-core';

const WITHHELD = '[withheld: it quotes the credential that it was sent]';

/**
 * The upstream's refusal without the words in which it, or a proxy before it, quotes the secret back: what it says goes to the
 * client's screen, the log and `gprxy status`.
 */
export function withoutQuotes(error: unknown, secret: string): unknown {
  if (!(error instanceof UpstreamError) || error.response === undefined) return error;
  const { code, sqlState, hint } = error;
  const { unknown = [], ...known } = error.response;
  const fields = Object.entries(known).map(([name, text]) => [name, withheld(text, secret)] as const);
  const others = [...unknown].map(([letter, text]) => [letter, withheld(text, secret)] as const);
  const response = { ...(Object.fromEntries(fields) as unknown as ErrorFields), unknown: new Map(others) };
  return new UpstreamError(withheld(error.message, secret), { code, sqlState, response, ...(hint && { hint }) });
}

function withheld(text: string, secret: string): string {
  return quotesSecret(text, [secret]) ? WITHHELD : text;
}
