/**
 * Text from elsewhere (an identity provider, a server) without the control characters that a terminal would obey, so that nobody can move
 * the cursor over the host name we show or recolour our words. Line feeds are dropped too; use it on single lines.
 */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '');
}
