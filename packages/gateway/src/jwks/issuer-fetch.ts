import { EnvHttpProxyAgent, fetch } from 'undici';
import type { IssuerConfig } from '../config/issuers.ts';
import type { Fetch } from './fetch-keys.ts';

/** fetch() through the proxies of the environment, trusting only the issuer's own authority where the file names one. */
export function issuerFetch({ caFile }: IssuerConfig, readFile: (path: string) => string): Fetch {
  const ca = caFile === undefined ? {} : { ca: readFile(caFile) };
  const dispatcher = new EnvHttpProxyAgent({ connect: ca, requestTls: ca });
  // undici's own types and Node's are two copies of the same.
  return (url, init) => fetch(url, { ...(init as object), dispatcher }) as unknown as Promise<Response>;
}
