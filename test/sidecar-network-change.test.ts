import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { startPostgres } from '@gprxy/testkit';
import pg from 'pg';
import { expect, it, onTestFinished } from 'vitest';
import { CANARY, startTestSidecar } from './sidecar.testing.ts';

/** As a VPN gives one to a machine, and takes it away. */
const ADDRESS = `10.213.${process.pid % 250}.1`;
const ip = (...args: string[]) =>
  execFileSync('ip', ['addr', ...args, `${ADDRESS}/32`, 'dev', 'lo'], { stdio: 'ignore' });

function mayChangeAddresses(): boolean {
  try {
    ip('add');
    return true;
  } catch {
    return false;
  }
}

/** What stands at the other end of the VPN. */
async function forward(to: number): Promise<number> {
  const server = createServer((socket) => {
    const there = connect(to, '127.0.0.1').on('error', () => {});
    socket
      .on('error', () => {})
      .pipe(there)
      .pipe(socket);
  }).listen(0, ADDRESS);
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

it('a session whose network has gone ends with 08006 within a minute, and is not left hanging; the log says why', async ({
  skip,
}) => {
  if (!mayChangeAddresses()) skip('addresses may not be changed here');
  onTestFinished(() => {
    try {
      ip('del');
    } catch {
      // It is gone already.
    }
  });
  const hba = 'hostssl all postgres 127.0.0.1/32 scram-sha-256\nhostssl all all 127.0.0.1/32 password\n';
  await using postgres = await startPostgres({ version: 18, database: 'sales', hba });
  await postgres.query(`CREATE ROLE "alice@corp.example" LOGIN PASSWORD '${CANARY}'`);
  const address = `${ADDRESS}:${await forward(postgres.port)}`;
  const upstream = `postgresql://${address}?sslmode=verify-ca&sslrootcert=${postgres.caFile}&connect_timeout=5`;
  const { port, log } = await startTestSidecar({ upstream });
  const client = new pg.Client({ host: '127.0.0.1', port, user: 'any', database: 'sales' });
  client.on('error', () => undefined);
  const told = new Promise((resolve) => client.once('error', resolve));
  await client.connect();
  ip('del');
  expect(await told).toMatchObject({ code: '08006', hint: expect.stringContaining('Connect again') });
  const why = `the network has changed: this machine no longer has the address ${ADDRESS}`;
  await expect.poll(() => log).toContainEqual(expect.objectContaining({ message: 'ended', cause: why }));
}, 90_000);
