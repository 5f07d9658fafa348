import { connect, createServer } from 'node:net';
import { loginUpstream, PROTOCOL_3_0, type UpstreamCredential, type UpstreamTarget } from '@gprxy/proxy-core';
import { startDistantPort, startPostgres, type TestPostgres } from '@gprxy/testkit';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

const HBA =
  'hostssl all alice 127.0.0.1/32 password\nhostssl all bob 127.0.0.1/32 scram-sha-256\nhostssl all all 127.0.0.1/32 scram-sha-256\n';
const SECRET = 'a-token-that-is-a-password-here';
const token: UpstreamCredential = { kind: 'token', getToken: async () => SECRET };
const password: UpstreamCredential = { kind: 'password', password: SECRET };

const servers = new Map<16 | 18, TestPostgres>();
beforeAll(async () => {
  for (const version of [16, 18] as const) {
    const server = await startPostgres({ version, hba: HBA });
    for (const role of ['alice', 'bob']) await server.query(`CREATE ROLE ${role} LOGIN PASSWORD '${SECRET}'`);
    servers.set(version, server);
  }
});
afterAll(async () => {
  for (const server of servers.values()) await server.stop();
});

/**
 * The round trips of three logins, one after the other. A machine that is busy for longer than the way takes can only make them look
 * more, so the least of three attempts counts.
 */
async function roundTripsOf({
  version = 18,
  user = 'alice',
  credential = token,
  negotiation = 'postgres',
}: Partial<{
  version: 16 | 18;
  user: string;
  credential: UpstreamCredential;
  negotiation: 'postgres' | 'direct';
}> = {}): Promise<number[]> {
  const postgres = servers.get(version) as TestPostgres;
  const attempts: number[][] = [];
  for (let attempt = 0; attempt < 3; attempt++) {
    await using distant = await startDistantPort({ port: postgres.port, roundTripMs: 60 });
    const tls = { mode: 'verify-full', negotiation, ca: postgres.ca } as const;
    const target: UpstreamTarget = { host: 'localhost', port: distant.port, tls, connectTimeoutMs: 20_000 };
    const parameters = Object.entries({ user, database: 'postgres' });
    for (let login = 0; login < 3; login++) {
      const wanted = { target, protocolVersion: PROTOCOL_3_0, parameters, credential };
      const session = await loginUpstream(wanted, new AbortController().signal);
      session.channel.release().destroy();
    }
    attempts.push([...distant.roundTrips]);
  }
  return [0, 1, 2].map((login) => Math.min(...attempts.map((counts) => counts[login] ?? Number.POSITIVE_INFINITY)));
}

describe('round trips of a login: the first one, the second, and those after it', { timeout: 60_000 }, () => {
  it('a token, as the sidecar comes by default: TCP, TLS, and everything else at once', async () => {
    expect(await roundTripsOf()).toEqual([5, 3, 3]);
  });

  it('a token, with sslnegotiation=direct', async () => {
    expect(await roundTripsOf({ negotiation: 'direct' })).toEqual([4, 3, 3]);
  });

  it('a token, at a server that has to be asked for TLS, and takes P-256 only (PostgreSQL 16)', async () => {
    expect(await roundTripsOf({ version: 16 })).toEqual([6, 4, 4]);
  });

  it('a password, by SCRAM, which is a dialogue', async () => {
    expect(await roundTripsOf({ user: 'bob', credential: password })).toEqual([6, 5, 5]);
  });
});

it('asks for TLS again, for good, where a server that took it without being asked is replaced by an older one', async () => {
  const [old, recent] = [servers.get(16) as TestPostgres, servers.get(18) as TestPostgres];
  const firstBytes: string[] = [];
  let upstream = recent;
  const { port, ca } = await startSwitch(() => upstream, firstBytes);
  const tls = { mode: 'verify-ca', negotiation: 'postgres', ca } as const;
  const target: UpstreamTarget = { host: 'localhost', port, tls, connectTimeoutMs: 20_000 };
  const login = async () => {
    const parameters = Object.entries({ user: 'alice', database: 'postgres' });
    const wanted = { target, protocolVersion: PROTOCOL_3_0, parameters, credential: token };
    (await loginUpstream(wanted, new AbortController().signal)).channel.release().destroy();
  };
  await login();
  await login();
  upstream = old;
  for (let n = 0; n < 3; n++) await login();
  expect(firstBytes).toEqual(['00', '16', '16', '00', '00', '00']);
});

/** A port that leads to whatever server is in use, and keeps the first byte of each connection. */
async function startSwitch(upstream: () => TestPostgres, firstBytes: string[]) {
  const server = createServer((client) => {
    const far = connect({ port: upstream().port, host: '127.0.0.1' });
    client.once('data', (chunk: Buffer) => firstBytes.push(chunk.toString('hex', 0, 1)));
    client.on('error', () => far.destroy()).pipe(far);
    far.on('error', () => client.destroy()).pipe(client);
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as { port: number };
  return { port, ca: [...servers.values()].map((each) => each.ca).join('\n') };
}
