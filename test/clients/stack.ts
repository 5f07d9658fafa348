import { createPrivateKey } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { alice, type PostgresVersion, startStack, type Stack as TestStack } from '@gprxy/testkit';
import type { Route, RouteTls } from './route.ts';
import { type Sidecar, startSidecar } from './sidecar.ts';

/** Makes a token of some 16 KB, as large as people's in large companies. */
const manyGroups = [...alice.groups, ...Array.from({ length: 500 }, (_, i) => `group-${i + 1_000}-of-many-others`)];

/** PostgreSQL, gateway and sidecar, each a process of its own, and alice's two ways to the database. */
export interface ClientStack {
  readonly services: TestStack;
  readonly sidecar: Sidecar;
  readonly direct: Route;
  readonly gprxy: Route;
  stop(): Promise<void>;
}

export async function startClientStack(version: PostgresVersion): Promise<ClientStack> {
  const services = await startStack({
    version,
    people: [alice],
    configuration: { max_connections: '500', max_prepared_transactions: '2' },
    // Hundreds of logins at once take their time on a busy machine.
    gatewayHead: 'authentication_timeout = "60s"',
    gatewayDatabase: 'connect_timeout = "60s"',
  });
  const sidecar = await startSidecar(services, { groups: manyGroups });
  const { postgres } = services;
  const alices = { user: alice.email, database: postgres.database };
  return {
    services,
    sidecar,
    direct: { name: 'direct', host: 'localhost', port: postgres.port, tls: await gatewaysOwn(services), ...alices },
    gprxy: { name: 'gprxy', host: '127.0.0.1', port: sidecar.port, ...alices },
    async stop() {
      await sidecar.program.stop('SIGKILL');
      await services.stop();
    },
  };
}

async function gatewaysOwn({ caFile, gatewayCertificate, directory }: TestStack): Promise<RouteTls> {
  const { certFile, keyFile } = gatewayCertificate;
  const [ca, cert, key] = await Promise.all([caFile, certFile, keyFile].map((file) => readFile(file, 'utf8')));
  const keyDerFile = join(directory, 'gateway.pk8');
  await writeFile(keyDerFile, createPrivateKey(key as string).export({ type: 'pkcs8', format: 'der' }), {
    mode: 0o600,
  });
  return { ca: ca as string, cert: cert as string, key: key as string, caFile, certFile, keyFile, keyDerFile };
}
