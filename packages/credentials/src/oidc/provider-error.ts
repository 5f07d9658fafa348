import { aborted } from '../abort.ts';
import { CredentialError } from '../errors.ts';
import { loginCommand, runLogin } from '../hints.ts';
import { type ProviderFailure, providerFailure } from './provider-failure.ts';
import type { ProviderTask } from './provider-task.ts';

/**
 * Runs one request to the provider and turns its failure into a CredentialError. `explain` may know better what an
 * OAuth error means at this point; `secrets` are what the request carried.
 */
export async function askProvider<T>(
  task: ProviderTask,
  request: () => Promise<T>,
  secrets: readonly string[] = [],
  explain: (failure: ProviderFailure) => CredentialError | undefined = () => undefined,
): Promise<T> {
  try {
    return await request();
  } catch (error) {
    const failure = requestFailure(task, error, secrets);
    if (failure instanceof CredentialError) throw failure;
    throw explain(failure) ?? providerError(task, failure);
  }
}

/** Why a request failed: an error of our own making as it is, everything else stripped of what it carries. */
export function requestFailure(
  { signal }: ProviderTask,
  error: unknown,
  secrets: readonly string[],
): CredentialError | ProviderFailure {
  if (signal.aborted) return aborted();
  return ownError(error) ?? providerFailure(error, secrets);
}

export function providerError({ settings, account }: ProviderTask, failure: ProviderFailure): CredentialError {
  const provider = `the identity provider ${settings.issuer}`;
  switch (failure.kind) {
    case 'unreachable':
      // Not a word of signing in: an outage ends no login.
      return new CredentialError('ERR_PROVIDER_UNREACHABLE', `${provider} cannot be reached: ${failure.reason}`, {
        hint: `Check the network, HTTPS_PROXY and ca_file with "curl ${discoveryUrl(settings)}", then try again.`,
        ...(failure.retryAfterMs !== undefined && { retryAfterMs: failure.retryAfterMs }),
      });
    case 'oauth-error':
      return new CredentialError('ERR_PROVIDER_REFUSED', `${provider} refused: ${oauthErrorText(failure)}`, {
        hint: afterRefusal(failure.error, account),
      });
    case 'unusable':
      return new CredentialError('ERR_PROVIDER_REFUSED', `${provider} cannot be used: ${failure.reason}`, {
        hint: `Check the issuer of the profile. ${runLogin(account)}`,
      });
  }
}

/** RFC 6749, 5.2: of most refusals only the administrator knows the reason; `invalid_client` is about one option alone. */
function afterRefusal(error: string, account: string | undefined): string {
  const administrator = "with the provider's administrator";
  return error === 'invalid_client' && account !== undefined
    ? `Check client_id ${administrator}; ${loginCommand(account, '--client-id ID')} corrects it.`
    : `Check client_id, scopes and audience ${administrator}. ${runLogin(account)}`;
}

export function oauthErrorText({ error, description }: { error: string; description?: string }): string {
  return description === undefined ? error : `${error} (${description})`;
}

/** An error of ours that came through the library, from `createFetch` or the check of a URL. */
function ownError(error: unknown): CredentialError | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth++) {
    if (at instanceof CredentialError) return at;
  }
  return undefined;
}

function discoveryUrl({ issuer }: ProviderTask['settings']): string {
  return `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
}
