import { createTokenSource } from '@gprxy/credentials';
import { startTestSidecar, tokensOf } from './sidecar.testing.ts';

export const SECRET = 'correct-horse-battery';

/** A sidecar whose upstream is there, and who shows `SECRET` as a token in clear, or proves it as a password. */
export async function serveBefore(upstream: string, proof: 'token' | 'password', secret = SECRET): Promise<number> {
  if (proof === 'token') return (await startTestSidecar({ upstream }, { tokens: tokensOf(secret) })).port;
  const credential = { kind: 'password', password: { kind: 'env', variable: 'PW' } } as const;
  const user = 'alice@corp.example';
  const outside = {
    env: { PW: secret },
    profile: 'prod',
    now: Date.now,
    log: () => {},
    fetch,
    lockDirectory: '/nowhere',
  };
  const tokens = createTokenSource({ credential, upstream: { host: 'localhost', port: 1, user }, deps: outside });
  return (await startTestSidecar({ upstream, user, credential }, { tokens })).port;
}
