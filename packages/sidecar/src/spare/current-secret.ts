import { CredentialError, type TokenSource } from '@gprxy/credentials';

const TIMEOUT_MS = 2_000;

/** There is no login, or none that would do. That a provider cannot be reached is something else. */
export function isSignedOut(error: unknown): boolean {
  return error instanceof CredentialError && error.code.startsWith('ERR_LOGIN_');
}

/** Of the login there is now, whatever is left of its token's life; undefined: there is none. Rejects when that cannot be told. */
export async function currentSecret(tokens: TokenSource): Promise<string | undefined> {
  try {
    return (await tokens.getToken(AbortSignal.timeout(TIMEOUT_MS), { minTtlMs: 1, joinsLogin: false })).token;
  } catch (error) {
    if (isSignedOut(error)) return undefined;
    throw error;
  }
}
