import { CredentialError, type TokenSource } from '@gprxy/credentials';

const TIMEOUT_MS = 2_000;

/** There is no login, or none that would do. That a provider cannot be reached is something else. */
export function isSignedOut(error: unknown): boolean {
  return error instanceof CredentialError && error.code.startsWith('ERR_LOGIN_');
}

/** Of the login there is now, whatever is left of its token's life; undefined: there is none. Rejects when that cannot be told. */
export async function currentSecret(tokens: TokenSource): Promise<string | undefined> {
  const limit = new AbortController();
  const replaced = new CredentialError('ERR_LOGIN_NEEDED', 'somebody is signing in');
  const timer = setTimeout(() => limit.abort(), TIMEOUT_MS);
  try {
    const onLoginUnderWay = () => limit.abort(replaced);
    return (await tokens.getToken(limit.signal, { minTtlMs: 1, onLoginUnderWay })).token;
  } catch (error) {
    if (isSignedOut(error) || limit.signal.reason === replaced) return undefined;
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
