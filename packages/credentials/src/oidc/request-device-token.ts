import { CredentialError } from '../errors.ts';
import { runLogin } from '../hints.ts';
import type { Provider } from './connect-provider.ts';
import type { Tokens } from './login-from-tokens.ts';
import { oauthErrorText, providerError, requestFailure } from './provider-error.ts';
import type { ProviderFailure } from './provider-failure.ts';
import type { ProviderTask } from './provider-task.ts';

/** What one poll came to. All but `tokens` and `failed` mean: ask again. */
export type PollAnswer =
  | { kind: 'tokens'; tokens: Tokens; requestedAt: number }
  | { kind: 'authorization_pending' }
  | { kind: 'slow_down' }
  | Unreachable
  | { kind: 'failed'; error: CredentialError };

export type Unreachable = Extract<ProviderFailure, { kind: 'unreachable' }>;

const deviceCodeGrant = 'urn:ietf:params:oauth:grant-type:device_code';

/** One device access token request (RFC 8628 section 3.4). */
export async function requestDeviceToken(
  task: ProviderTask,
  { openid, configuration }: Provider,
  deviceCode: string,
): Promise<PollAnswer> {
  const { resource } = task.settings;
  const parameters = { device_code: deviceCode, ...(resource !== undefined && { resource }) };
  const requestedAt = task.deps.now();
  try {
    const tokens = await openid.genericGrantRequest(configuration, deviceCodeGrant, parameters);
    return { kind: 'tokens', tokens, requestedAt };
  } catch (error) {
    return answerFrom(task, requestFailure(task, error, [deviceCode]));
  }
}

/** RFC 8628 section 3.5. */
function answerFrom(task: ProviderTask, failure: CredentialError | ProviderFailure): PollAnswer {
  if (failure instanceof CredentialError) return { kind: 'failed', error: failure };
  if (failure.kind === 'unreachable') return failure;
  if (failure.kind === 'unusable') return { kind: 'failed', error: providerError(task, failure) };
  switch (failure.error) {
    case 'authorization_pending':
    case 'slow_down':
      return { kind: failure.error };
    case 'access_denied':
    case 'authorization_declined': // Entra's name for it
      return { kind: 'failed', error: denied(task, oauthErrorText(failure)) };
    case 'expired_token':
      return { kind: 'failed', error: codeExpired(task) };
    default:
      return { kind: 'failed', error: providerError(task, failure) };
  }
}

function denied({ account }: ProviderTask, reason: string): CredentialError {
  return new CredentialError('ERR_LOGIN_DENIED', `the login was denied at the identity provider: ${reason}`, {
    hint: runLogin(account),
  });
}

export function codeExpired({ account }: ProviderTask): CredentialError {
  return new CredentialError('ERR_LOGIN_EXPIRED', 'the code was not confirmed before it expired', {
    hint: runLogin(account),
  });
}
