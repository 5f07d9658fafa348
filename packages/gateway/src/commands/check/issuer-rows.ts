import type { IssuerConfig } from '../../config/issuers.ts';
import { ExitCode } from '../../exit-code.ts';
import { discoverJwksUri, type Fetch, fetchKeys } from '../../jwks/fetch-keys.ts';
import { failed, ok, type Row } from './row.ts';

const TIMEOUT_MS = 10_000;

/** Discovery and keys of every issuer, from the provider itself: keys on disk do not count. */
export function issuerRows(
  issuers: readonly IssuerConfig[],
  fetchFor: (issuer: IssuerConfig) => Fetch,
): Promise<Row[]> {
  return Promise.all(issuers.map((issuer) => issuerRow(issuer, fetchFor)));
}

async function issuerRow(issuer: IssuerConfig, fetchFor: (issuer: IssuerConfig) => Fetch): Promise<Row> {
  const name = `issuer ${issuer.issuer}`;
  try {
    const fetch = fetchFor(issuer);
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const uri = issuer.jwksUri ?? (await discoverJwksUri(issuer.issuer, fetch, signal));
    const { jwks } = await fetchKeys(uri, fetch, signal);
    const usable = jwks.keys.filter(({ alg }) => alg === undefined || issuer.algorithms.includes(alg)).length;
    if (usable === 0) throw new Error(`it publishes no key for ${issuer.algorithms.join(', ')}`);
    const message = `${usable} ${usable === 1 ? 'key' : 'keys'} at ${uri}`;
    if (issuer.clientIds) return ok(name, message);
    const hint = 'Tokens of every client are accepted: client_ids = [...] would name those that are meant.';
    return { name, status: 'warning', message, hint };
  } catch (error) {
    return failed(name, withCause(error), ExitCode.ProviderUnreachable);
  }
}

/** fetch() says "fetch failed"; why, is in the cause. */
function withCause(error: unknown): unknown {
  if (!(error instanceof Error) || !(error.cause instanceof Error)) return error;
  return new Error(`${error.message}: ${error.cause.message || String((error.cause as { code?: string }).code)}`);
}
