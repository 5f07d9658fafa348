import { neverAborted, throwIfAborted } from '../abort.ts';
import { CredentialError } from '../errors.ts';
import { runLogin } from '../hints.ts';
import type { StoredLogin } from '../store/stored-login.ts';
import { connectProvider, providerFetch } from './connect-provider.ts';
import { loginFromTokens } from './login-from-tokens.ts';
import { askProvider, oauthErrorText, providerError } from './provider-error.ts';
import type { ProviderFailure } from './provider-failure.ts';
import type { ProviderTask } from './provider-task.ts';
import { withUsableExpiry } from './usable-expiry.ts';

/** The refresh token is worth nothing any more; the subclass lets the caller look for a newer one. */
export class RefreshTokenRejected extends CredentialError {}

/**
 * The ID token of a refresh comes straight from the provider, at once, for our own request: its times tell only that a clock is wrong.
 * To refuse the answer for that would lose the new refresh token.
 */
const anyClockSeconds = 10 * 366 * 86_400;

/** A login whose refresh token is known to be there. */
export type RefreshableLogin = StoredLogin & { refreshToken: string };

/**
 * The refresh token grant (RFC 6749 section 6). From the request on the signal cannot cut it short: the answer may hold the only valid
 * refresh token.
 *
 * @param parameters for whom the token is to be: whom the profile names, unless told otherwise
 * @throws RefreshTokenRejected (`ERR_LOGIN_NEEDED`); CredentialError with the other codes of `askProvider`
 */
export async function refreshLogin(
  task: ProviderTask,
  login: RefreshableLogin,
  parameters = usualParameters(task),
): Promise<StoredLogin> {
  const { openid, configuration } = await connectProvider(task, {
    explain: (failure) => explain(task, failure),
    clockToleranceSeconds: anyClockSeconds,
  });
  throwIfAborted(task.signal);
  const toItsEnd = { ...task, signal: neverAborted };
  configuration[openid.customFetch] = withUsableExpiry(providerFetch(toItsEnd));
  const requestedAt = task.deps.now();
  const tokens = await askProvider(
    toItsEnd,
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

function explain(task: ProviderTask, failure: ProviderFailure): CredentialError | undefined {
  const { account, settings } = task;
  // The issuer has worked before. A page for people comes from the network in between (a hotel, a proxy) or from an outage.
  if (failure.kind === 'unusable' && failure.isWebPage)
    return providerError(task, { kind: 'unreachable', reason: failure.reason });
  if (failure.kind !== 'oauth-error') return undefined;
  const hint = runLogin(account);
  if (failure.error === 'access_denied') {
    return new CredentialError('ERR_LOGIN_DENIED', `${settings.issuer} no longer allows this login`, { hint });
  }
  if (!loginAgain.test(failure.error)) return undefined;
  const message = `the login${account === undefined ? '' : ` of profile ${account}`} has expired: ${oauthErrorText(failure)}`;
  return new RefreshTokenRejected('ERR_LOGIN_NEEDED', message, { hint });
}
