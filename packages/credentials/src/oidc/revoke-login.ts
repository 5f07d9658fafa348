import { orAborted } from '../abort.ts';
import type { StoredLogin } from '../store/stored-login.ts';
import { connectProvider } from './connect-provider.ts';
import { askProvider } from './provider-error.ts';
import type { ProviderTask } from './provider-task.ts';

/**
 * Token revocation (RFC 7009). The refresh token takes the whole grant with it; without one the access token must do.
 * @returns false when the provider offers no revocation
 */
export function revokeLogin(task: ProviderTask, login: StoredLogin): Promise<boolean> {
  return orAborted(revoke(task, login), task.signal);
}

async function revoke(task: ProviderTask, login: StoredLogin): Promise<boolean> {
  const { openid, configuration } = await connectProvider(task);
  if (configuration.serverMetadata().revocation_endpoint === undefined) return false;
  const [token, token_type_hint] =
    login.refreshToken === undefined ? [login.accessToken, 'access_token'] : [login.refreshToken, 'refresh_token'];
  await askProvider(task, () => openid.tokenRevocation(configuration, token, { token_type_hint }), [token]);
  return true;
}
