import { readFileSync } from 'node:fs';
import type { IssuerConfig } from './config/issuers.ts';
import type { GatewayConfig } from './config.ts';
import type { Fetch } from './jwks/fetch-keys.ts';
import { IssuerKeys, type KeysState } from './jwks/issuer-keys.ts';
import { createKeyFile } from './jwks/key-file.ts';
import type { Log } from './log.ts';

const RENEWAL_CHECK_MS = 5_000;

/** The keys of all issuers of the file, renewed beside the logins. */
export interface KeyRing {
  keysOf(issuer: IssuerConfig): IssuerKeys;
  states(): KeysState[];
  stop(): void;
}

/** Asks every issuer once before it returns; one that cannot be reached is logged, and asked again. */
export async function startKeyRing(
  { issuers, stateDirectory }: Pick<GatewayConfig, 'issuers' | 'stateDirectory'>,
  log: Log,
  now: () => number,
): Promise<KeyRing> {
  const keys = new Map<string, IssuerKeys>();
  for (const issuer of issuers) {
    const keyFile = stateDirectory === undefined ? undefined : createKeyFile(stateDirectory, issuer.issuer);
    keys.set(issuer.issuer, new IssuerKeys(issuer, { fetch: await fetchFor(issuer), now, log, keyFile }));
  }
  await Promise.all([...keys.values()].map((issuerKeys) => issuerKeys.start()));
  const timer = setInterval(() => {
    for (const issuerKeys of keys.values()) void issuerKeys.renewIfDue();
  }, RENEWAL_CHECK_MS);
  timer.unref();
  return {
    keysOf: (issuer) => keys.get(issuer.issuer) as IssuerKeys,
    states: () => [...keys.values()].map(({ state }) => state),
    stop: () => clearInterval(timer),
  };
}

/** Node's own fetch, or undici's where the issuer's certificate is of a private authority. */
export async function fetchFor({ caFile }: IssuerConfig): Promise<Fetch> {
  if (caFile === undefined) return fetch;
  const { Agent, fetch: undiciFetch } = await import('undici');
  const dispatcher = new Agent({ connect: { ca: readFileSync(caFile, 'utf8') } });
  return (url, init) => undiciFetch(url, { ...(init as object), dispatcher }) as unknown as Promise<Response>;
}
