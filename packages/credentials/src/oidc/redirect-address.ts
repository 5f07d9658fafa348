import { CredentialError } from '../errors.ts';

/** Where the provider sends the browser back to: a page of this process (RFC 8252 section 7.3). */
export interface RedirectAddress {
  /** As it is spelled in the URL. */
  host: string;
  /** Addresses to listen at; all must be ours, but a machine need not have IPv6. */
  listenAt: readonly string[];
  /** 0: any that is free. */
  port: number;
  path: string;
}

/** RFC 8252 section 8.3: the literal address, which no resolver and no firewall rule for host names touches. */
export const defaultRedirectUri = 'http://127.0.0.1/callback';

const loopback: Readonly<Record<string, readonly string[]>> = {
  '127.0.0.1': ['127.0.0.1'],
  '[::1]': ['::1'],
  // Some providers (Entra) know only the name. A browser may take either address for it.
  localhost: ['127.0.0.1', '::1'],
};

/**
 * @param redirectUri a loopback URL as it is registered at the provider; without a port any free one is used
 * @throws CredentialError `ERR_SOURCE_FAILED`
 */
export function redirectAddress(redirectUri: string): RedirectAddress {
  const url = URL.canParse(redirectUri) ? new URL(redirectUri) : undefined;
  const listenAt = loopback[url?.hostname ?? ''];
  const isPlain = url?.protocol === 'http:' && `${url.username}${url.password}${url.search}${url.hash}` === '';
  if (url !== undefined && listenAt !== undefined && isPlain) {
    return { host: url.hostname, listenAt, port: Number(url.port || 0), path: url.pathname };
  }
  throw new CredentialError(
    'ERR_SOURCE_FAILED',
    `the redirect address ${JSON.stringify(redirectUri)} is not one of this machine`,
    {
      hint: `Set redirect_uri of the profile to a loopback address such as "${defaultRedirectUri}".`,
    },
  );
}
