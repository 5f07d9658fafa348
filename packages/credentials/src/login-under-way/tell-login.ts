import type { CredentialDependencies } from '../dependencies.ts';
import { CredentialError } from '../errors.ts';
import type { FileLock } from '../lock/file-lock.ts';
import type { LoginPrompt } from '../oidc/login-prompt.ts';
import { type LoginNews, type LoginOutcome, readLoginNews, type WantedLogin, writeLoginNews } from './login-files.ts';

export interface ToldLogin {
  account: string;
  deps: CredentialDependencies;
  wanted: WantedLogin;
  turn: FileLock;
}

/**
 * Runs a login of which other processes can see what this one shows, and how it ended. That they cannot is a pity, and no
 * reason for the login to fail.
 */
export async function tellLogin<T>(
  { account, deps, wanted, turn }: ToldLogin,
  work: (tellPrompt: (prompt: LoginPrompt) => void) => Promise<T>,
): Promise<T> {
  const former = await formerEnd(account, deps);
  let told = Promise.resolve();
  const tell = (news: { prompt?: LoginPrompt; outcome?: LoginOutcome }) => {
    const whole = { version: 1, nonce: turn.nonce, pid: process.pid, wanted, ...former, ...news } as const;
    told = told
      .then(() => writeLoginNews(account, deps, whole))
      .catch((error: unknown) => notTold(account, deps, error));
  };
  tell({});
  try {
    const result = await work((prompt) => tell({ prompt }));
    tell({ outcome: { kind: 'done' } });
    return result;
  } catch (error) {
    tell({ outcome: failure(error) });
    throw error;
  } finally {
    // In this order: whoever finds the turn free finds the outcome too.
    await told;
    await turn.release().catch(() => undefined);
  }
}

async function formerEnd(account: string, deps: CredentialDependencies): Promise<Pick<LoginNews, 'former'>> {
  const news = await readLoginNews(account, deps).catch(() => undefined);
  return news?.outcome === undefined ? {} : { former: { nonce: news.nonce, outcome: news.outcome } };
}

function failure(error: unknown): LoginOutcome {
  if (!(error instanceof CredentialError)) {
    return { kind: 'failed', code: 'ERR_ABORTED', message: 'the login ended unexpectedly' };
  }
  const { code, message, hint } = error;
  return { kind: 'failed', code, message, ...(hint !== undefined && { hint }) };
}

function notTold(account: string, deps: CredentialDependencies, error: unknown): void {
  const reason = error instanceof Error ? error.message : 'unknown error';
  const message = `other processes cannot join the login of profile ${account}: ${reason}`;
  deps.log({ level: 'warn', event: 'login-not-told', message, account });
}
