import type { StoredLogin } from '../store/stored-login.ts';
import { askUserInfo } from './ask-user-info.ts';
import type { Provider } from './connect-provider.ts';
import { loginFromTokens, type Tokens } from './login-from-tokens.ts';
import type { ProviderTask } from './provider-task.ts';
import { verifyIdToken } from './verify-id-token.ts';

/** From the first tokens of a login to the login: who it is must be proven by more than the line it came over. */
export async function finishLogin(
  task: ProviderTask,
  provider: Provider,
  tokens: Tokens,
  requestedAt: number,
): Promise<StoredLogin> {
  if (tokens.id_token !== undefined) await verifyIdToken(task, provider, tokens.id_token);
  const login = loginFromTokens(task, tokens, requestedAt);
  if (login.email !== undefined || tokens.id_token === undefined) return login;
  return { ...login, ...(await askUserInfo(task, provider, login)) };
}
