import { CredentialError } from '../errors.ts';

/**
 * The issuer as a URL.
 * @throws CredentialError `ERR_PROVIDER_REFUSED` unless it is https, or http on a loopback host
 */
export function issuerUrl(issuer: string): URL {
  const url = parseUrl(issuer);
  if (url !== null && isProtected(url) && url.username === '' && url.password === '') return url;
  throw new CredentialError('ERR_PROVIDER_REFUSED', `the issuer ${JSON.stringify(issuer)} is not an https URL`, {
    hint: 'Correct issuer of the profile (http is for loopback hosts only), then run the "gprxy" command again.',
  });
}

/** Whether nobody on the network can read what goes there. */
export function isProtected(url: URL): boolean {
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url));
}

export function isLoopback(url: URL): boolean {
  return url.hostname === 'localhost' || url.hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(url.hostname);
}

/** Whether two spellings mean one issuer: only the trailing slash of an empty path may differ. */
export function sameIssuer(one: string, other: string): boolean {
  const url = parseUrl(one);
  return one === other || (url !== null && url.href === parseUrl(other)?.href);
}

function parseUrl(text: string): URL | null {
  try {
    return new URL(text);
  } catch {
    return null;
  }
}
