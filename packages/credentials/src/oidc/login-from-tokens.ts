import { isDeepStrictEqual } from 'node:util';
import type { TokenEndpointResponse, TokenEndpointResponseHelpers } from 'openid-client';
import { CredentialError } from '../errors.ts';
import { runLogin } from '../hints.ts';
import { refreshLife } from '../login-end.ts';
import type { StoredLogin } from '../store/stored-login.ts';
import { decodeJwt } from './decode-jwt.ts';
import type { ProviderTask } from './provider-task.ts';

export type Tokens = TokenEndpointResponse & TokenEndpointResponseHelpers;

type Claims = Record<string, unknown>;

/** What counts when a provider says neither `expires_in` nor `exp`: short, because too long fails at the gateway. */
const unknownLifetimeMs = 300_000;
/** No access token lives longer, whatever is said of it. */
const longestLifetimeMs = 366 * 24 * 3_600_000;

/**
 * A token response as the login to keep. What the response leaves out stays as `former` had it: an ID token need not
 * come with a refresh (OpenID Connect Core section 12.2), nor a new refresh token (RFC 6749 section 6).
 *
 * @param requestedAt epoch ms of the request, so that the answer's way is not added to the token's life
 */
export function loginFromTokens(
  task: ProviderTask,
  tokens: Tokens,
  requestedAt: number,
  former?: StoredLogin,
): StoredLogin {
  const access = decodeJwt(tokens.access_token);
  const id: Claims | undefined = tokens.claims();
  const subject = subjectOf(task, id, access, former);
  const email = text(id?.email) ?? text(access?.email) ?? former?.email;
  const name = text(id?.name) ?? text(access?.name) ?? former?.name;
  const refreshToken = tokens.refresh_token ?? former?.refreshToken;
  const scope = tokens.scope ?? former?.scope;
  return {
    version: 1,
    issuer: task.settings.issuer,
    clientId: task.settings.clientId,
    subject,
    ...(email !== undefined && { email }),
    ...(name !== undefined && { name }),
    accessToken: tokens.access_token,
    expiresAt: expiryOf(tokens, access, requestedAt),
    obtainedAt: requestedAt,
    ...refreshLife(tokens, requestedAt, former),
    ...(refreshToken !== undefined && { refreshToken }),
    ...(scope !== undefined && { scope }),
    claims: access ?? id ?? former?.claims ?? {},
  };
}

function subjectOf(task: ProviderTask, id?: Claims, access?: Claims, former?: StoredLogin): string {
  const said = text(id?.sub);
  if (former !== undefined && isSomebodyElse(former, said, access)) {
    throw new CredentialError('ERR_LOGIN_NEEDED', 'the identity provider answered for another person than logged in', {
      hint: runLogin(task.account),
    });
  }
  const subject = said ?? former?.subject ?? text(access?.sub);
  if (subject !== undefined) return subject;
  throw new CredentialError('ERR_PROVIDER_REFUSED', 'the identity provider does not say who logged in', {
    hint: `Add "openid" to scopes of the profile. ${runLogin(task.account)}`,
  });
}

/** People may have another subject in tokens for another audience (pairwise subjects), so an access token is compared with its like. */
function isSomebodyElse(former: StoredLogin, said: string | undefined, access: Claims | undefined): boolean {
  if (said !== undefined && said !== former.subject) return true;
  const before = decodeJwt(former.accessToken);
  if (!isDeepStrictEqual(before?.aud, access?.aud)) return false;
  const [was, is] = [text(before?.sub), text(access?.sub)];
  return was !== undefined && is !== undefined && was !== is;
}

/**
 * Epoch ms by the local clock, which need not agree with the provider's: `expires_in` is a length of time, and so is `exp` less `iat`.
 * The shorter one counts, because the gateway goes by `exp`. An `expires_in` of 0 says nothing (some mean "never").
 */
export function expiryOf(tokens: Tokens, access: Claims | undefined, requestedAt: number): number {
  const said = (tokens.expires_in ?? 0) > 0 ? [(tokens.expires_in as number) * 1000] : [];
  const { exp, iat } = access ?? {};
  const hasExpiry = typeof exp === 'number' && exp > 0;
  if (hasExpiry && typeof iat === 'number' && exp > iat) said.push((exp - iat) * 1000);
  else if (hasExpiry && said.length === 0) said.push(exp * 1000 - requestedAt);
  const lifetimeMs = said.length === 0 ? unknownLifetimeMs : Math.min(...said);
  return requestedAt + Math.min(lifetimeMs, longestLifetimeMs);
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
