import type { Profile } from '@gprxy/sidecar';
import {
  freePort,
  has,
  startHttpProxy,
  startPostgres,
  startSocksProxy,
  startSshAgent,
  startSshServer,
  type TestHop,
  type TestPostgres,
  type TestSshServer,
} from '@gprxy/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cancelStatementOf, connectTo } from './node-postgres.testing.ts';
import { startTestSidecar, tokensOf } from './sidecar.testing.ts';

const TOKEN = 'as good as any';
const HBA = `
hostssl all postgres 127.0.0.1/32 scram-sha-256
hostssl all alice@corp.example 127.0.0.1/32 password
`;

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startPostgres({ version: 18, database: 'sales', hba: HBA });
  await postgres.query(`CREATE ROLE "alice@corp.example" LOGIN PASSWORD '${TOKEN}'`);
});
afterAll(() => postgres.stop());

type Via = NonNullable<Profile['via']>;

function serve(via: Via | undefined, upstream = upstreamAt(`localhost:${postgres.port}`)) {
  return startTestSidecar({ upstream, ...(via && { via }) }, { tokens: tokensOf(TOKEN) });
}

const upstreamAt = (hosts: string, parameters = '') =>
  `postgresql://${hosts}/sales?sslrootcert=${postgres.caFile}&connect_timeout=5${parameters}`;

/** Reads more than fits into any buffer on the way, and cancels, which takes a connection of its own. */
async function useFully(port: number): Promise<void> {
  const client = await connectTo(port);
  const { rows } = await client.query("SELECT session_user AS who, repeat('x', 4000000) AS wide");
  expect({ who: rows[0].who, wide: rows[0].wide.length }).toEqual({ who: 'alice@corp.example', wide: 4_000_000 });
  const sleeping = client.query('SELECT pg_sleep(60)');
  cancelStatementOf(client, port);
  await expect(sleeping).rejects.toMatchObject({ code: '57014' });
}

const proxies: [string, boolean, () => Promise<TestHop>, Via['kind']][] = [
  ['an HTTP proxy', has.httpProxy, startHttpProxy, 'http'],
  ['a SOCKS proxy', has.socksProxy, startSocksProxy, 'socks5'],
];
for (const [name, installed, start, kind] of proxies) {
  describe.runIf(installed)(`a sidecar behind ${name}`, () => {
    it('works as without it, cancels too', async () => {
      await using hop = await start();
      const { port } = await serve({ kind, hop: { host: '127.0.0.1', port: hop.port }, knownHostsFiles: [] });
      await useFully(port);
    });

    it('says that it is gone, to who connects and to who is connected', async () => {
      const hop = await start();
      const { port } = await serve({ kind, hop: { host: '127.0.0.1', port: hop.port }, knownHostsFiles: [] });
      const client = await connectTo(port);
      const lost = client.query('SELECT pg_sleep(60)');
      await Promise.all([expect(lost).rejects.toMatchObject({ code: '08006' }), hop.stop()]);
      await expect(connectTo(port)).rejects.toMatchObject({
        code: '08001',
        message: expect.stringMatching(/^could not connect to the (HTTP|SOCKS) proxy/),
        hint: expect.stringContaining('"via"'),
      });
    });
  });
}

describe.runIf(has.sshServer)('a sidecar behind an SSH jump host', () => {
  let server: TestSshServer;
  beforeAll(async () => {
    server = await startSshServer();
  });
  afterAll(() => server?.stop());

  const via = (changes: Partial<Via> = {}): Via => ({
    kind: 'ssh',
    hop: { host: '127.0.0.1', port: server.port, user: server.user },
    sshKeyFile: server.privateKeyFile,
    knownHostsFiles: [server.knownHostsFile],
    ...changes,
  });

  const timesLogged = (words: string) => server.output().split(words).length;

  it('works as without it, cancels too', async () => {
    await useFully((await serve(via())).port);
  });

  it('logs in there by the agent, without a key file', async () => {
    await using agent = await startSshAgent([server.privateKeyFile]);
    const { sshKeyFile: _none, ...agentOnly } = via({ sshAgent: agent.socket });
    await useFully((await serve(agentOnly)).port);
  });

  it('says that nobody is let in where the agent has no key for it, or is gone', async () => {
    await using empty = await startSshAgent([]);
    for (const sshAgent of [empty.socket, '/nowhere/agent']) {
      const { sshKeyFile: _none, ...agentOnly } = via({ sshAgent });
      await expect(connectTo((await serve(agentOnly)).port)).rejects.toMatchObject({
        ...{ code: '08001', hint: expect.stringContaining('ssh-add') },
      });
    }
  });

  it('leaves no connection to it behind when it ends', async () => {
    const { port, sidecar } = await serve(via());
    await connectTo(port);
    await sidecar.close('the test says so', { drainTimeoutMs: 0 });
    await expect.poll(() => timesLogged('Disconnected from user')).toBe(timesLogged('Accepted publickey'));
  });

  it('tells whoever connects that the host is not known, and how to make it so', async () => {
    const { port } = await serve(via({ knownHostsFiles: ['/nowhere'] }));
    await expect(connectTo(port)).rejects.toMatchObject({
      code: '08001',
      message: expect.stringContaining('known_hosts has no key'),
      hint: expect.stringContaining(`ssh -p ${server.port} ${server.user}@127.0.0.1`),
    });
  });
});

describe('a sidecar whose upstream has several hosts', () => {
  it('passes over one that is down, and one that only reads', async () => {
    await using replica = await startPostgres({ version: 18, database: 'sales', hba: HBA });
    await replica.query(`CREATE ROLE "alice@corp.example" LOGIN PASSWORD '${TOKEN}'`);
    await replica.query('ALTER DATABASE sales SET default_transaction_read_only = on');
    const hosts = `localhost:${await freePort()},localhost:${replica.port},localhost:${postgres.port}`;
    const { port } = await serve(undefined, upstreamAt(hosts, '&target_session_attrs=read-write'));
    const client = await connectTo(port);
    const { rows } = await client.query('SELECT inet_server_port() AS port');
    expect(rows).toEqual([{ port: postgres.port }]);
  });
});
