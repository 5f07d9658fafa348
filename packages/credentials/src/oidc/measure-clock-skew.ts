import type { CredentialDependencies } from '../dependencies.ts';
import { CredentialError } from '../errors.ts';
import { providerFetch } from './connect-provider.ts';
import { issuerUrl } from './issuer-url.ts';
import { askProvider } from './provider-error.ts';
import type { ProviderTask } from './provider-task.ts';

export interface ClockSkew {
  /** How far the local clock is ahead of the provider's; negative: behind. */
  readonly skewMs: number;
  /** The true skew is at most this far from `skewMs`: half of the request's time, and half of the second that Date rounds to. */
  readonly accuracyMs: number;
}

const limitMs = 10_000;

/**
 * Compares the local clock with the issuer's, by the Date of its answer (RFC 9110 section 6.6.1). Any answer will do, a 404 as well; one
 * that comes from a cache is as old as its Age says (RFC 9111 section 5.1).
 *
 * @throws CredentialError `ERR_PROVIDER_UNREACHABLE`; `ERR_PROVIDER_REFUSED` where the issuer is no https URL or its answer has no date;
 * `ERR_ABORTED`
 */
export async function measureClockSkew(
  issuer: string,
  deps: CredentialDependencies,
  signal: AbortSignal,
): Promise<ClockSkew> {
  const url = new URL(`${issuerUrl(issuer).href.replace(/\/$/, '')}/.well-known/openid-configuration`);
  const task: ProviderTask = { settings: { issuer, clientId: '', scopes: [] }, deps, signal };
  const askedAt = deps.now();
  const response = await askProvider(task, () => headersFrom(url, task));
  const answeredAt = deps.now();
  const providerTime = timeOf(response.headers);
  if (providerTime === undefined) throw withoutDate(issuer);
  return {
    skewMs: Math.round((askedAt + answeredAt) / 2 - (providerTime + 500)),
    accuracyMs: Math.ceil((answeredAt - askedAt) / 2) + 500,
  };
}

async function headersFrom(url: URL, task: ProviderTask): Promise<Response> {
  const response = await providerFetch(task)(url.href, {
    method: 'GET',
    redirect: 'manual',
    headers: { 'cache-control': 'no-cache' },
    body: null,
    signal: AbortSignal.timeout(limitMs),
  });
  await response.body?.cancel();
  return response;
}

/** Epoch ms, of the second that the answer was made in. */
function timeOf(headers: Headers): number | undefined {
  const date = Date.parse(headers.get('date') ?? '');
  const ageSeconds = Number(headers.get('age') ?? 0);
  return Number.isNaN(date) ? undefined : date + (ageSeconds > 0 ? ageSeconds * 1000 : 0);
}

function withoutDate(issuer: string): CredentialError {
  return new CredentialError('ERR_PROVIDER_REFUSED', `${issuer} does not say what time it is: its answer has no Date`, {
    hint: 'Compare the clock of this machine with another one by hand, with "date -u".',
  });
}
