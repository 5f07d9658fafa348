import { orAborted } from '../abort.ts';
import type { StoredLogin } from '../store/stored-login.ts';
import { connectProvider } from './connect-provider.ts';
import { askProvider } from './provider-error.ts';
import type { ProviderTask } from './provider-task.ts';

/**
 * Token revocation (RFC 7009) of both tokens. The refresh token takes the whole grant with it, and should take the access tokens, too
 * (section 2.1); many a provider leaves them, and many cannot revoke them (`unsupported_token_type`), so that one is asked for and no more.
 * @returns false when the provider offers no revocation
 */
export function revokeLogin(task: ProviderTask, login: StoredLogin): Promise<boolean> {
  return orAborted(revoke(task, login), task.signal);
}

async function revoke(task: ProviderTask, login: StoredLogin): Promise<boolean> {
  const { openid, configuration } = await connectProvider(task);
  if (configuration.serverMetadata().revocation_endpoint === undefined) return false;
  const revokeOne = (token: string, token_type_hint: string) =>
    askProvider(task, () => openid.tokenRevocation(configuration, token, { token_type_hint }), [token]);
  const { refreshToken, accessToken } = login;
  if (refreshToken !== undefined) await revokeOne(refreshToken, 'refresh_token');
  const access = revokeOne(accessToken, 'access_token');
  await (refreshToken === undefined ? access : access.catch(() => undefined));
  return true;
}
