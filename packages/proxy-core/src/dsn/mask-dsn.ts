import { KNOWN_PARAMETERS } from './dsn-parameters.ts';

const MASK = '***';

/** Host, port and path: what may be shown. A "port" that is no number is more likely a password without its host. */
const ADDRESS = /^(?:\[[^\]]*\]|[^:/]*)(?::[0-9]*)?(?:\/.*)?$/s;

/**
 * A DSN for logs and messages: without the password, and without parameters that we do not know. It takes invalid ones
 * too, and rather hides too much of them than too little.
 */
export function maskDsn(dsn: string): string {
  const [, scheme, rest] = /^([a-z]+:\/\/)(.*)$/is.exec(dsn) ?? [];
  if (scheme === undefined || rest === undefined) return MASK;
  const at = rest.lastIndexOf('@'); // the last one: a password may have been written with "@" in it
  const login = at === -1 ? '' : `${rest.slice(0, at).replace(/:.*$/s, `:${MASK}`)}@`;
  const [address = '', ...query] = rest.slice(at + 1).split('?');
  const shownAddress = ADDRESS.test(address) ? address : MASK;
  return scheme + login + shownAddress + (query.length > 0 ? `?${maskParameters(query.join('?'))}` : '');
}

function maskParameters(query: string): string {
  const isKnown = (pair: string) => KNOWN_PARAMETERS.has(pair.slice(0, pair.indexOf('=')));
  return query
    .split('&')
    .map((pair) => (isKnown(pair) ? pair : MASK))
    .join('&');
}
