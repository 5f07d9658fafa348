import { alice, type Stack, startStack } from '@gprxy/testkit';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack?.stop());

async function connect(token: string, options: pg.ClientConfig = {}): Promise<pg.Client> {
  const { host, port } = stack.gateway;
  const ssl = { ca: stack.ca.certPem, servername: 'localhost' };
  const client = new pg.Client({ host, port, user: alice.email, database: 'sales', password: token, ssl, ...options });
  client.on('error', () => {});
  await client.connect();
  return client;
}

describe('a person at the gateway', () => {
  it('is logged in to PostgreSQL as herself, by the certificate of the gateway', async () => {
    const client = await connect(await stack.provider.signToken());
    const { rows } = await client.query('select session_user, system_user, current_user');
    expect(rows).toEqual([
      { session_user: alice.email, system_user: 'cert:CN=gprxy-gateway', current_user: alice.email },
    ]);
    await client.end();
  });
});
