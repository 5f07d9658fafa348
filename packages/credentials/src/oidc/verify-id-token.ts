import type { CompactVerifyGetKey, JSONWebKeySet } from 'jose';
import { sleep } from '../abort.ts';
import { CredentialError } from '../errors.ts';
import { type Provider, providerFetch } from './connect-provider.ts';
import { askProvider } from './provider-error.ts';
import type { ProviderTask } from './provider-task.ts';

/** A person has just confirmed the login, and the tokens came with an answer that comes once: a lost packet gets more chances. */
const retryAfterMs = [250, 1_000];

/**
 * Whether the provider signed the ID token (OpenID Connect Core section 3.1.3.7). openid-client has compared its claims
 * by then, and leaves the signature to TLS.
 *
 * @throws CredentialError `ERR_PROVIDER_REFUSED` for a signature that no published key made, `ERR_PROVIDER_UNREACHABLE`
 */
export async function verifyIdToken(task: ProviderTask, provider: Provider, idToken: string): Promise<void> {
  const keys = await publishedKeys(task, provider);
  const jose = await import('jose');
  try {
    await verifyWithAny(jose, idToken, jose.createLocalJWKSet(keys));
  } catch {
    // Not the library's words: they may hold a part of the token.
    throw new CredentialError(
      'ERR_PROVIDER_REFUSED',
      `the ID token was not signed with a key that ${task.settings.issuer} publishes`,
      { hint: "Nothing was kept. Report it to the provider's administrator: somebody may be answering in its name." },
    );
  }
}

/** A token without `kid` fits several keys; jose leaves the trying to us. */
async function verifyWithAny(jose: typeof import('jose'), token: string, keys: CompactVerifyGetKey): Promise<void> {
  try {
    await jose.compactVerify(token, keys);
  } catch (error) {
    if (!(error instanceof jose.errors.JWKSMultipleMatchingKeys)) throw error;
    for await (const key of error) {
      const verified = await jose.compactVerify(token, key).catch(() => undefined);
      if (verified !== undefined) return;
    }
    throw error;
  }
}

async function publishedKeys(task: ProviderTask, { configuration }: Provider): Promise<JSONWebKeySet> {
  const { jwks_uri: uri } = configuration.serverMetadata();
  if (uri === undefined) throw unusable(task, 'it publishes no keys (jwks_uri)');
  const pause = task.deps.sleep ?? sleep;
  for (let attempt = 0; ; attempt++) {
    try {
      return await askProvider(task, () => fetchKeys(task, uri));
    } catch (error) {
      const waitMs = retryAfterMs[attempt];
      const isPassing = error instanceof CredentialError && error.code === 'ERR_PROVIDER_UNREACHABLE';
      if (waitMs === undefined || !isPassing) throw error;
      await pause(waitMs, task.signal);
    }
  }
}

async function fetchKeys(task: ProviderTask, uri: string): Promise<JSONWebKeySet> {
  const signal = AbortSignal.timeout(10_000);
  const response = await providerFetch(task)(uri, {
    method: 'GET',
    headers: { accept: 'application/json' },
    redirect: 'manual',
    body: undefined,
    signal,
  });
  if (!response.ok) throw Object.assign(new Error('no keys'), { status: response.status });
  const body: unknown = await response.json().catch(() => undefined);
  if (isKeySet(body)) return body;
  throw unusable(task, 'what it publishes as its keys are none');
}

function isKeySet(body: unknown): body is JSONWebKeySet {
  return typeof body === 'object' && body !== null && 'keys' in body && Array.isArray(body.keys);
}

function unusable({ settings }: ProviderTask, why: string): CredentialError {
  return new CredentialError(
    'ERR_PROVIDER_REFUSED',
    `the identity provider ${settings.issuer} cannot be used: ${why}`,
    {
      hint: "Report it to the provider's administrator.",
    },
  );
}
