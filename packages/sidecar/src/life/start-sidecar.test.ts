import { once } from 'node:events';
import { lstat } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { aliceTokens, collectLog, testProfile } from '../config/profile.testing.ts';
import { requestControl } from '../control/control.ts';
import { testDirectory } from '../directory.testing.ts';
import type { SidecarOptions } from './sidecar.ts';
import { startSidecar } from './start-sidecar.ts';

const hasIpv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'));

async function start(given: Partial<SidecarOptions>) {
  const { log, lines } = collectLog();
  const sidecar = await startSidecar({ profiles: [], tokenSourceFor: () => aliceTokens, log, ...given });
  onTestFinished(async () => void (await sidecar.close('test is over', { drainTimeoutMs: 0 })));
  return { sidecar, lines };
}

async function occupy(host: string): Promise<number> {
  const server = createServer((socket) => socket.destroy()).listen(0, host);
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

async function answers(host: string, port: number): Promise<boolean> {
  const socket = connect(port, host);
  return once(socket, 'connect').then(
    () => Boolean(socket.destroy()),
    () => false,
  );
}

it.runIf(hasIpv6).each(['127.0.0.1', 'localhost', '::1'])(
  'S16 leaves no loopback address to others when it listens on %s',
  async (host) => {
    const { sidecar } = await start({ profiles: [testProfile({ listen: [{ host, port: 0 }] })] });
    const [listener] = sidecar.listeners;
    expect(listener).toMatchObject({ profile: 'prod', host: '127.0.0.1', address: `127.0.0.1:${listener?.port}` });
    for (const each of ['127.0.0.1', '::1']) expect(await answers(each, listener?.port ?? 0)).toBe(true);
  },
);

it.runIf(hasIpv6)('S16 does not listen on one of the two when somebody has the other', async () => {
  const port = await occupy('::1');
  const { sidecar } = await start({ profiles: [testProfile({ listen: [{ host: '127.0.0.1', port }] })] });
  expect(sidecar.listeners).toEqual([]);
  expect(sidecar.problems[0]?.message).toBe(
    `another program (of OS user ${process.getuid?.()}) listens on [::1]:${port}`,
  );
  expect(await answers('127.0.0.1', port)).toBe(false);
});

it('reports each broken profile and serves the others', async () => {
  const port = await occupy('127.0.0.1');
  const profiles = [
    testProfile({ name: 'taken', listen: [{ host: '127.0.0.1', port }] }),
    testProfile({ name: 'dsn', upstream: 'nonsense' }),
    testProfile({ name: 'require', upstream: 'postgresql://gw?sslmode=require' }),
    testProfile({ name: 'ca', upstream: 'postgresql://gw?sslrootcert=/no/such/file' }),
    testProfile({ name: 'silent', listen: [] }),
    testProfile({ name: 'good' }),
  ];
  const { sidecar, lines } = await start({ profiles });
  expect(sidecar.listeners.map(({ profile }) => profile)).toEqual(['good']);
  expect(sidecar.problems).toEqual([
    expect.objectContaining({ profile: 'taken', message: expect.stringContaining(`listens on 127.0.0.1:${port}`) }),
    expect.objectContaining({ profile: 'dsn', message: expect.stringContaining('invalid DSN') }),
    expect.objectContaining({ profile: 'require', hint: expect.stringContaining('verify-full') }),
    expect.objectContaining({ profile: 'ca', message: expect.stringContaining('/no/such/file') }),
  ]);
  expect(sidecar.status().listeners.map(({ profile, state }) => `${profile} ${state}`)).toEqual([
    'taken failed',
    'dsn failed',
    'require failed',
    'ca failed',
    'good listening',
  ]);
  expect(lines.filter(({ level }) => level === 'error')).toHaveLength(4);
});

it('serves the second address of a profile whose first is taken', async () => {
  const port = await occupy('127.0.0.1');
  const listen = [
    { host: '127.0.0.1', port },
    { host: '127.0.0.1', port: 0 },
  ];
  const { sidecar } = await start({ profiles: [testProfile({ listen })] });
  expect([sidecar.listeners.length, sidecar.problems.length]).toEqual([1, 1]);
});

it.each(['0.0.0.0', '::', '192.0.2.1', 'db.example'])(
  'S17 does not bind %s, whatever the configuration let through',
  async (host) => {
    const listen = [{ host, port: 0 }];
    const profiles = [
      testProfile({ name: 'trusting', listen, localAuth: 'trust' }),
      testProfile({ name: 'asking', listen, localAuth: 'password' }),
    ];
    const { sidecar } = await start({ profiles, passwordFile: join(await testDirectory(), 'pgpass') });
    expect(sidecar.listeners).toEqual([]);
    for (const problem of sidecar.problems) {
      expect(problem.message).toContain('can be reached from other machines');
      expect(problem.hint).toMatch(/local_auth = "password".*--listen-anywhere/);
    }
  },
);

it('S15 says at each start that everybody of the machine is let in', async () => {
  const listen = [{ host: '127.0.0.1', port: 0 }];
  const { lines } = await start({ profiles: [testProfile({ name: 'trusting', listen, localAuth: 'trust' })] });
  const warning = {
    level: 'warn',
    profile: 'trusting',
    message: expect.stringContaining('every user of this machine'),
  };
  expect(lines).toContainEqual(expect.objectContaining(warning));
});

it('S17 binds beyond loopback with the flag and a password, and not with one of them', async () => {
  const listen = [{ host: '0.0.0.0', port: 0 }];
  const profiles = [
    testProfile({ name: 'trusting', listen, localAuth: 'trust' }),
    testProfile({ name: 'same-user', listen }),
    testProfile({ name: 'asking', listen, localAuth: 'password' }),
  ];
  const passwordFile = join(await testDirectory(), 'pgpass');
  const { sidecar, lines } = await start({ profiles, listenAnywhere: true, passwordFile });
  expect(sidecar.listeners.map(({ profile }) => profile)).toEqual(['asking']);
  expect(sidecar.problems.map(({ profile }) => profile)).toEqual(['trusting', 'same-user']);
  expect(lines).toContainEqual(expect.objectContaining({ level: 'warn', profile: 'asking' }));
  const withoutFile = await start({ profiles: profiles.slice(2), listenAnywhere: true });
  expect(withoutFile.sidecar.listeners).toEqual([]);
});

it('S15 does not open a port where the peer cannot be told, and says what to do', async () => {
  const peers = { available: async () => false, uidOf: async () => undefined, uidListeningOn: async () => undefined };
  const { sidecar } = await start({ profiles: [testProfile()], peers });
  expect(sidecar.listeners).toEqual([]);
  expect(sidecar.problems[0]?.hint).toMatch(/listen = "unix".*local_auth = "trust"/);
});

it('S36 opens a Unix socket for its owner only, and removes it', async () => {
  const path = join(await testDirectory(), 'run', '.s.PGSQL.5432');
  const { sidecar } = await start({ profiles: [testProfile({ listen: [{ path }] })] });
  expect(sidecar.listeners).toEqual([{ profile: 'prod', address: path, path }]);
  expect((await lstat(path)).mode & 0o777).toBe(0o600);
  expect((await lstat(join(path, '..'))).mode & 0o777).toBe(0o700);
  await sidecar.close();
  await expect(lstat(path)).rejects.toThrow('ENOENT');
});

it('asks for one token source a profile, however many addresses it has', async () => {
  const asked: string[] = [];
  const listen = [{ host: '127.0.0.1', port: 0 }, { path: join(await testDirectory(), '.s.PGSQL.5432') }];
  const tokenSourceFor: SidecarOptions['tokenSourceFor'] = ({ name }) => {
    asked.push(name);
    return aliceTokens;
  };
  await start({ profiles: [testProfile({ listen })], tokenSourceFor });
  expect(asked).toEqual(['prod']);
});

it('tells its status over the control socket, and stops when asked there', async () => {
  const controlSocketPath = join(await testDirectory(), 'control.sock');
  const { sidecar } = await start({ profiles: [testProfile()], controlSocketPath });
  expect(await requestControl(controlSocketPath, 'status')).toEqual(sidecar.status());
  await requestControl(controlSocketPath, 'stop');
  expect(await sidecar.closed).toEqual({ forced: 0 });
  await expect(requestControl(controlSocketPath, 'status')).rejects.toMatchObject({ code: 'ERR_NOT_RUNNING' });
});

it('renews the token of a profile that was used ahead of time, without a further connection', async () => {
  const asked: Array<number | undefined> = [];
  let wasRenewedTwice = () => {};
  const renewedTwice = new Promise<void>((resolve) => (wasRenewedTwice = resolve));
  const tokenSourceFor: SidecarOptions['tokenSourceFor'] = async () => ({
    getToken: async (signal, { minTtlMs } = {}) => {
      if (asked.push(minTtlMs) === 3) wasRenewedTwice();
      return { ...(await aliceTokens.getToken(signal)), expiresAt: Date.now() + 300 };
    },
  });
  const { sidecar } = await start({ profiles: [testProfile()], tokenSourceFor });
  const client = connect(sidecar.listeners[0]?.port as number, '127.0.0.1');
  onTestFinished(() => void client.destroy());
  client.write(Buffer.from([0, 0, 0, 16, 0, 3, 0, 0, ...Buffer.from('user\0a\0\0')]));
  // However long that takes where the processor is shared: only the test's own limit ends it.
  await renewedTwice;
  expect(asked[0]).toBeUndefined();
  expect(asked[1]).toBeGreaterThanOrEqual(1_000);
});
