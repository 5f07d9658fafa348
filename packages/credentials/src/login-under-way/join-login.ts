import { access } from 'node:fs/promises';
import type { CredentialDependencies } from '../dependencies.ts';
import { CredentialError } from '../errors.ts';
import { sameIssuer } from '../oidc/issuer-url.ts';
import type { LoginPrompt } from '../oidc/login-prompt.ts';
import { followLogin } from './follow-login.ts';
import { loginLockFile, type WantedLogin } from './login-files.ts';

export interface JoinOptions {
  account: string;
  deps: CredentialDependencies;
  wanted: WantedLogin;
  signal: AbortSignal;
  /** Called once, when there is something to show. */
  onPrompt?: (prompt: LoginPrompt) => void;
}

/** Whether some process seems to be signing somebody in. Cheap; `joinLogin` looks closer. */
export function isLoginUnderWay({ account, deps }: Pick<JoinOptions, 'account' | 'deps'>): Promise<boolean> {
  return access(loginLockFile(account, deps)).then(
    () => true,
    () => false,
  );
}

/**
 * For who finds the login gone: waits for the one that another process has under way, if any.
 * @returns whether somebody is logged in now, as far as that process says
 * @throws CredentialError `ERR_ABORTED`
 */
export async function joinLogin({ account, deps, wanted, signal, onPrompt }: JoinOptions): Promise<boolean> {
  const onNews = ({ wanted: others, pid }: { wanted: WantedLogin; pid: number }) => {
    if (!isSameLogin(others, wanted)) throw new OtherLogin('ERR_LOGIN_NEEDED', 'another login is under way');
    const message = `waiting for the login of profile ${account} that process ${pid} has begun`;
    deps.log({ level: 'info', event: 'login-joined', message, account });
  };
  try {
    const outcome = await followLogin({ account, deps, signal, onNews, ...(onPrompt && { onPrompt }) });
    return outcome?.kind === 'done';
  } catch (error) {
    if (error instanceof OtherLogin) return false;
    throw error;
  }
}

class OtherLogin extends CredentialError {}

export function isSameLogin(one: WantedLogin, other: WantedLogin): boolean {
  return sameIssuer(one.issuer, other.issuer) && one.clientId === other.clientId && one.store === other.store;
}
