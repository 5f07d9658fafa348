import { CredentialError } from '../errors.ts';
import { runLogin } from '../hints.ts';
import type { StoredLogin } from '../store/stored-login.ts';
import { connectProvider } from './connect-provider.ts';
import { loginFromTokens } from './login-from-tokens.ts';
import { askProvider, oauthErrorText } from './provider-error.ts';
import type { ProviderFailure } from './provider-failure.ts';
import type { ProviderTask } from './provider-task.ts';

/** The refresh token is worth nothing any more; the subclass lets the caller look for a newer one. */
export class RefreshTokenRejected extends CredentialError {}

/** A login whose refresh token is known to be there. */
export type RefreshableLogin = StoredLogin & { refreshToken: string };

/**
 * The refresh token grant (RFC 6749 section 6).
 *
 * @param parameters for whom the token is to be: whom the profile names, unless told otherwise
 * @throws RefreshTokenRejected (`ERR_LOGIN_NEEDED`); CredentialError with the other codes of `askProvider`
 */
export async function refreshLogin(
  task: ProviderTask,
  login: RefreshableLogin,
  parameters = usualParameters(task),
): Promise<StoredLogin> {
  const { openid, configuration } = await connectProvider(task);
  const requestedAt = task.deps.now();
  const tokens = await askProvider(
    task,
    () => openid.refreshTokenGrant(configuration, login.refreshToken, parameters),
    [login.refreshToken, login.accessToken],
    (failure) => explain(task, failure),
  );
  return loginFromTokens(task, tokens, requestedAt, login);
}

function usualParameters({ settings: { resource } }: ProviderTask): Record<string, string> {
  return resource === undefined ? {} : { resource };
}

/** The `_required` ones: OpenID Connect Core section 3.1.2.6; Entra answers a refresh with them too. */
const loginAgain = /^(invalid_grant|interaction_required|login_required|consent_required)$/;

function explain({ account, settings }: ProviderTask, failure: ProviderFailure): CredentialError | undefined {
  if (failure.kind !== 'oauth-error') return undefined;
  const hint = runLogin(account);
  if (failure.error === 'access_denied') {
    return new CredentialError('ERR_LOGIN_DENIED', `${settings.issuer} no longer allows this login`, { hint });
  }
  if (!loginAgain.test(failure.error)) return undefined;
  const message = `the login${account === undefined ? '' : ` of profile ${account}`} has expired: ${oauthErrorText(failure)}`;
  return new RefreshTokenRejected('ERR_LOGIN_NEEDED', message, { hint });
}
