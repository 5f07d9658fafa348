import { once } from 'node:events';
import { watch } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loginUpstream, PROTOCOL_3_2, type UpstreamSession } from '@gprxy/proxy-core';
import { alice, type ProgramEnd, type Stack, spawnProgram } from '@gprxy/testkit';
import pg from 'pg';

export const COMMAND = fileURLToPath(new URL('../packages/gateway/bin/gprxy-gateway.mjs', import.meta.url));

/** A client at the gateway of `stack`: alice with a good token, unless `options` say otherwise. */
export async function connect(stack: Stack, options: pg.ClientConfig = {}): Promise<pg.Client> {
  const { host, port } = stack.gateway;
  const client = new pg.Client({
    host,
    port,
    user: alice.email,
    database: 'sales',
    password: options.password ?? (await stack.provider.signToken()),
    ssl: { ca: stack.ca.certPem, servername: 'localhost' },
    ...options,
  });
  client.on('error', () => {});
  await client.connect();
  return client;
}

/** Runs `work` with a client that is closed afterwards. */
export async function withClient<T>(
  stack: Stack,
  options: pg.ClientConfig,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = await connect(stack, options);
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** The error of a login that must not succeed. */
export async function refusal(stack: Stack, options: pg.ClientConfig): Promise<pg.DatabaseError> {
  const client = await connect(stack, options).catch((error: unknown) => error);
  if (client instanceof pg.DatabaseError) return client;
  if (client instanceof pg.Client) await client.end();
  throw client instanceof Error ? client : new Error('the client was let in');
}

/** A login by OAUTHBEARER. Errors: UpstreamError, with the gateway's ErrorResponse. */
export function loginByBearer(stack: Stack, token: string, user = alice.email): Promise<UpstreamSession> {
  const { host, port } = stack.gateway;
  return loginUpstream(
    {
      target: {
        host,
        port,
        connectTimeoutMs: 10_000,
        tls: { mode: 'verify-full', negotiation: 'direct', ca: stack.ca.certPem },
      },
      protocolVersion: PROTOCOL_3_2,
      parameters: [
        ['user', user],
        ['database', 'sales'],
        ['options', '-c gprxy.auth=oauthbearer'],
      ],
      credential: { kind: 'token', getToken: async () => token },
    },
    AbortSignal.timeout(20_000),
  );
}

/** Runs a command of gprxy-gateway to its end. */
export function runGateway(args: readonly string[], env: Record<string, string> = {}): Promise<ProgramEnd> {
  const { DATABASE_ROOT_URL: _, ...ours } = process.env;
  return spawnProgram({ command: process.execPath, args: [COMMAND, ...args], env: { ...ours, ...env } }).ended;
}

/** The audit records, once `enough` of them are there. */
export async function auditUntil(
  stack: Stack,
  enough: (records: Array<Record<string, unknown>>) => boolean,
): Promise<Array<Record<string, unknown>>> {
  // Before the first look, so that nothing comes unseen between it and the wait.
  const watcher = watch(dirname(stack.gateway.configFile));
  try {
    for (;;) {
      const changed = once(watcher, 'change');
      const records = await stack.audit();
      if (enough(records)) return records;
      await changed;
    }
  } finally {
    watcher.close();
  }
}
