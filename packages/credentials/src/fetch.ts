import { readFile } from 'node:fs/promises';
import type { Fetch } from './dependencies.ts';
import { CredentialError } from './errors.ts';

export interface FetchOptions {
  /** HTTP_PROXY, HTTPS_PROXY, NO_PROXY; the lower-case names come first, as in curl. */
  env: Readonly<Record<string, string | undefined>>;
  /** PEM file with certificate authorities to trust besides those that Node brings. */
  caFile?: string;
}

interface Proxies {
  httpProxy: string;
  httpsProxy: string;
  noProxy: string;
}

/**
 * `fetch` that honours proxies and a private CA. Node's own does the work as long as neither is asked for: undici is
 * loaded with the first request that needs it.
 *
 * A CA file that cannot be read rejects the request with CredentialError `ERR_PROVIDER_UNREACHABLE`.
 */
export function createFetch({ env, caFile }: FetchOptions): Fetch {
  const proxies = proxiesFrom(env);
  if (proxies.httpProxy === '' && proxies.httpsProxy === '' && caFile === undefined) {
    return (input, init) => globalThis.fetch(input, init);
  }
  let prepared: Promise<Fetch> | undefined;
  return async (input, init) => {
    prepared ??= prepareFetch(proxies, caFile).catch((error: unknown) => {
      prepared = undefined;
      throw error;
    });
    return (await prepared)(input, init);
  };
}

/** Empty strings, not `undefined`: for that undici looks into process.env. */
function proxiesFrom(env: FetchOptions['env']): Proxies {
  const value = (name: string) => env[name] || env[name.toUpperCase()] || '';
  // Under CGI, HTTP_PROXY is what a client says in its "Proxy:" header (httpoxy). This is no CGI, so it is read.
  return { httpProxy: value('http_proxy'), httpsProxy: value('https_proxy'), noProxy: value('no_proxy') };
}

async function prepareFetch(proxies: Proxies, caFile: string | undefined): Promise<Fetch> {
  const tls = caFile === undefined ? undefined : { ca: await trustedCertificates(caFile) };
  const undici = await import('undici');
  const trust = tls === undefined ? {} : { connect: tls, requestTls: tls, proxyTls: tls };
  const dispatcher = new undici.EnvHttpProxyAgent({ ...proxies, ...trust });
  // undici's types and those of Node's lib differ in name only; the objects are the same at run time.
  return ((input: never, init: object) => undici.fetch(input, { ...init, dispatcher })) as unknown as Fetch;
}

/** node:tls takes longer to load than a token that is at hand takes to print. */
async function trustedCertificates(caFile: string): Promise<string[]> {
  const { rootCertificates } = await import('node:tls');
  return [...rootCertificates, await readCaFile(caFile)];
}

function readCaFile(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new CredentialError('ERR_PROVIDER_UNREACHABLE', `cannot read the CA file ${path} (${cause.code})`, {
      hint: 'Correct ca_file of the profile, then run the "gprxy" command again.',
      cause,
    });
  });
}
