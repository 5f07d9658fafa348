import { createTokenSource } from '@gprxy/credentials';
import pg from 'pg';
import { onTestFinished } from 'vitest';
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

export async function connectTo(port: number, options: pg.ClientConfig = {}): Promise<pg.Client> {
  const client = new pg.Client({ host: '127.0.0.1', port, user: 'whoever', database: 'sales', ...options });
  client.on('error', () => {});
  onTestFinished(() => client.end().catch(() => {}));
  await client.connect();
  return client;
}

/** As node-postgres does it: over a connection of its own. */
export function cancelStatementOf(client: pg.Client, port: number): void {
  const { processID, secretKey } = client as unknown as { processID: number; secretKey: number };
  const { connection } = new pg.Client({ host: '127.0.0.1', port }) as unknown as {
    connection: pg.Connection & { cancel(pid: number, key: number): void; connect(port: number, host: string): void };
  };
  connection.on('connect', () => connection.cancel(processID, secretKey));
  connection.connect(port, '127.0.0.1');
}
