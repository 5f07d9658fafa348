import { createPrivateKey } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import {
  authenticationCleartextPassword,
  CancelRegistry,
  frontendKey,
  listen,
  loginUpstream,
  runSession,
  type SessionPolicy,
  type UpstreamCredential,
  type UpstreamTarget,
} from '@gprxy/proxy-core';
import { type PostgresOptions, startPostgres, type TestPostgres, temporaryDirectory } from '@gprxy/testkit';
import type { Route, RouteTls } from './route.ts';

/* A stand-in until the real gateway and sidecar can be started: two sessions of proxy-core in a row. */

export const PERSON = 'alice@corp.example';

export interface Stack {
  readonly postgres: TestPostgres;
  readonly direct: Route;
  readonly gprxy: Route;
  stop(): Promise<void>;
}

export async function startStack(options: PostgresOptions): Promise<Stack> {
  const postgres = await startPostgres({ database: 'sales', ...options });
  await postgres.createUser(PERSON, { memberOf: ['data-eng'] });
  const directory = await temporaryDirectory();
  const tls = await clientTls(postgres, directory.path);
  const server = await postgres.authority.issue({ commonName: 'localhost', hosts: ['localhost'] });
  const gateway = await startHop(
    {
      host: 'localhost',
      port: postgres.port,
      tls: { mode: 'verify-full', negotiation: 'postgres', ca: postgres.ca, cert: tls.cert, key: tls.key },
      connectTimeoutMs: 10_000,
    },
    { kind: 'certificate' },
    {
      clientTls: { mode: 'required', context: createSecureContext({ cert: server.certPem, key: server.keyPem }) },
      authenticate: async (connection, signal) => {
        connection.channel.write(authenticationCleartextPassword);
        await connection.channel.readMessage(signal, 65_535, 0x70);
        return PERSON;
      },
    },
  );
  const sidecar = await startHop(
    {
      host: 'localhost',
      port: gateway.port,
      tls: { mode: 'verify-full', negotiation: 'postgres', ca: postgres.ca },
      connectTimeoutMs: 10_000,
    },
    { kind: 'token', getToken: async () => 'x'.repeat(16_000) },
    { clientTls: { mode: 'refused' }, authenticate: async () => PERSON },
  );
  const person = { user: PERSON, database: 'sales' };
  return {
    postgres,
    direct: { name: 'direct', host: 'localhost', port: postgres.port, tls, ...person },
    gprxy: { name: 'gprxy', host: '127.0.0.1', port: sidecar.port, ...person },
    async stop() {
      await sidecar.drain();
      await gateway.drain();
      await postgres.stop();
      await directory.remove();
    },
  };
}

async function startHop(
  target: UpstreamTarget,
  credential: UpstreamCredential,
  policy: Pick<SessionPolicy<string>, 'clientTls' | 'authenticate'>,
) {
  const cancels = new CancelRegistry();
  const full: SessionPolicy<string> = {
    ...policy,
    authenticationTimeoutMs: 10_000,
    connectUpstream: (user, connection, signal) =>
      loginUpstream(
        {
          target,
          protocolVersion: connection.protocolVersion,
          parameters: new Map([...connection.startup.parameters, ['user', user]]),
          credential,
        },
        signal,
      ),
    frontendKeyFor: ({ backendKey }) => backendKey && frontendKey(backendKey.pid, backendKey.secret),
    events: {},
  };
  const listener = await listen({
    address: { host: '127.0.0.1', port: 0 },
    maxConnections: 300,
    serve: (socket, signal, admission) => runSession(socket, full, cancels, signal, admission),
  });
  return { port: (listener.address as AddressInfo).port, drain: () => listener.drain(0) };
}

async function clientTls(postgres: TestPostgres, directory: string): Promise<RouteTls> {
  const { certPem, keyPem } = await postgres.authority.issue({ commonName: 'gprxy-gateway', client: true });
  const file = async (name: string, content: string | Buffer) => {
    const path = join(directory, name);
    await writeFile(path, content, { mode: 0o600 });
    return path;
  };
  return {
    ca: postgres.ca,
    cert: certPem,
    key: keyPem,
    caFile: postgres.caFile,
    certFile: await file('client.crt', certPem),
    keyFile: await file('client.key', keyPem),
    keyDerFile: await file('client.pk8', createPrivateKey(keyPem).export({ type: 'pkcs8', format: 'der' })),
  };
}
