import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { encodeStartupMessage, PROTOCOL_3_0 } from '@gprxy/proxy-core';
import { freePort } from '@gprxy/testkit';
import { expect, it, onTestFinished } from 'vitest';
import { aliceTokens, collectLog, testProfile } from '../config/profile.testing.ts';
import type { Profile } from '../config/profile.ts';
import { requestControl } from '../control/control.ts';
import { testDirectory } from '../directory.testing.ts';
import type { ProfilesRead } from './reload.ts';
import { startSidecar } from './start-sidecar.ts';

/** A sidecar whose configuration is `file`: profiles, or what reading them comes to. */
async function start(first: readonly Profile[]) {
  const file = { read: (): Promise<ProfilesRead> => Promise.reject(new Error('nothing to read')) };
  const { log, lines } = collectLog();
  const asked: string[] = [];
  const controlSocketPath = join(await testDirectory(), 'control.sock');
  const sidecar = await startSidecar({
    profiles: first,
    readProfiles: () => file.read(),
    tokenSourceFor: ({ name }) => {
      asked.push(name);
      return aliceTokens;
    },
    controlSocketPath,
    log,
  });
  onTestFinished(async () => void (await sidecar.close('test is over', { drainTimeoutMs: 0 })));
  const reload = (profiles: readonly Profile[], problems: ProfilesRead['problems'] = []) => {
    file.read = async () => ({ profiles, problems });
    return sidecar.reload('test');
  };
  return { sidecar, file, reload, lines, asked, controlSocketPath };
}

/** An upstream that takes connections, counts them, and never says a word. */
async function silentUpstream() {
  const accepted: Socket[] = [];
  const server = createServer((socket) => void accepted.push(socket)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of accepted) socket.destroy();
    server.close();
  });
  return { upstream: `postgresql://127.0.0.1:${(server.address() as AddressInfo).port}`, accepted };
}

async function client(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1').on('error', () => {});
  socket.write(encodeStartupMessage(PROTOCOL_3_0, [['user', 'alice']]));
  await once(socket, 'connect');
  onTestFinished(() => void socket.destroy());
  return socket;
}

const at = (port: number) => [{ host: '127.0.0.1', port }];
const stateOf = (sidecar: Awaited<ReturnType<typeof start>>['sidecar']) =>
  sidecar.status().listeners.map(({ profile, state, connections }) => `${profile} ${state} ${connections}`);

it('adds, changes and removes profiles, and says which', async () => {
  const { reload, sidecar, asked } = await start([testProfile({ name: 'a' }), testProfile({ name: 'b' })]);
  const [before] = sidecar.listeners;
  // Profiles are prepared at the same time: none waits for what another one reads.
  expect(asked.splice(0).sort()).toEqual(['a', 'b']);
  const profiles = [testProfile({ name: 'a' }), testProfile({ name: 'c' })];
  expect(await reload(profiles)).toEqual({ added: ['c'], changed: [], removed: ['b'], problems: [] });
  expect(sidecar.listeners.map(({ profile }) => profile)).toEqual(['a', 'c']);
  expect(sidecar.listeners[0]).toEqual(before);
  expect(asked.splice(0)).toEqual(['c']);
  const changed = [testProfile({ name: 'a', user: '{sub}' }), testProfile({ name: 'c' })];
  expect(await reload(changed)).toMatchObject({ added: [], changed: ['a'], removed: [] });
  expect(sidecar.listeners[0]).toEqual(before);
  expect(asked).toEqual(['a']);
});

it('leads new connections elsewhere, and leaves those that run alone', async () => {
  const [one, two] = [await silentUpstream(), await silentUpstream()];
  const { reload, sidecar } = await start([testProfile({ upstream: one.upstream })]);
  const port = sidecar.listeners[0]?.port ?? 0;
  const running = await client(port);
  await expect.poll(() => one.accepted.length).toBe(1);
  await reload([testProfile({ upstream: two.upstream, maxConnections: 2 })]);
  await client(port);
  await expect.poll(() => two.accepted.length).toBe(1);
  expect([running.closed, one.accepted.length]).toEqual([false, 1]);
  expect(stateOf(sidecar)).toEqual(['prod listening 2']);
  const [refusal] = (await once(await client(port), 'data')) as [Buffer];
  expect(refusal.toString()).toContain('C53300');
});

it('keeps a removed address until its last session has ended', async () => {
  const { upstream, accepted } = await silentUpstream();
  const { reload, sidecar } = await start([testProfile({ upstream, drainTimeoutMs: 1 })]);
  const running = await client(sidecar.listeners[0]?.port ?? 0);
  await expect.poll(() => accepted.length).toBe(1);
  expect(await reload([testProfile({ name: 'other' })])).toMatchObject({ added: ['other'], removed: ['prod'] });
  expect(stateOf(sidecar)).toEqual(['other listening 0', 'prod draining 1']);
  const [refusal] = (await once(await client(sidecar.listeners[1]?.port ?? 0), 'data')) as [Buffer];
  expect(refusal.toString()).toContain('C57P03');
  expect(running.closed).toBe(false);
  running.destroy();
  await expect.poll(() => stateOf(sidecar)).toEqual(['other listening 0']);
});

it('takes an address back that was removed and still has sessions', async () => {
  const { upstream, accepted } = await silentUpstream();
  const port = await freePort();
  const prod = testProfile({ upstream, listen: at(port) });
  const { reload, sidecar } = await start([prod]);
  const running = await client(port);
  await expect.poll(() => accepted.length).toBe(1);
  await reload([testProfile({ name: 'other' })]);
  expect(await reload([prod])).toMatchObject({ added: ['prod'], problems: [] });
  await client(port);
  await expect.poll(() => accepted.length).toBe(2);
  expect(running.closed).toBe(false);
  expect(stateOf(sidecar)).toEqual(['prod listening 1', 'prod draining 1']);
});

it('gives an address from one profile to another', async () => {
  const port = await freePort();
  const { reload, sidecar } = await start([testProfile({ name: 'a', listen: at(port) })]);
  expect((await reload([testProfile({ name: 'b', listen: at(port) })])).problems).toEqual([]);
  expect(stateOf(sidecar)).toEqual(['b listening 0']);
});

it('gives an address that two profiles want to the first, and tries again when that is gone', async () => {
  const port = await freePort();
  const [a, b] = ['a', 'b'].map((name) => testProfile({ name, listen: at(port) })) as [Profile, Profile];
  const { reload, sidecar } = await start([a, b]);
  expect(sidecar.problems).toEqual([
    expect.objectContaining({ profile: 'b', message: `profile "a" listens on 127.0.0.1:${port} already` }),
  ]);
  expect(await reload([b])).toEqual({ added: [], changed: [], removed: ['a'], problems: [] });
  expect(stateOf(sidecar)).toEqual(['b listening 0']);
});

it('opens an address that was taken before', async () => {
  const squatter = createServer().listen(0, '127.0.0.1');
  await once(squatter, 'listening');
  const prod = testProfile({ listen: at((squatter.address() as AddressInfo).port) });
  const { reload, sidecar } = await start([prod]);
  expect(stateOf(sidecar)).toEqual(['prod failed 0']);
  squatter.close();
  await once(squatter, 'close');
  expect((await reload([prod])).problems).toEqual([]);
  expect(stateOf(sidecar)).toEqual(['prod listening 0']);
});

it('leaves everything as it was when the configuration cannot be read, and says why', async () => {
  const { file, sidecar, lines, controlSocketPath } = await start([testProfile()]);
  const before = sidecar.listeners;
  const message = '/etc/config.toml:7: unknown key "isuer"';
  file.read = () => Promise.reject(Object.assign(new Error(message), { hint: 'Did you mean "issuer"?' }));
  const problems = [{ message, hint: 'Did you mean "issuer"?' }];
  const answer = await requestControl(controlSocketPath, 'reload');
  expect(answer).toEqual({ pid: process.pid, added: [], changed: [], removed: [], problems });
  expect(sidecar.listeners).toEqual(before);
  expect((await requestControl(controlSocketPath, 'status')).problems).toEqual(problems);
  expect(lines).toContainEqual(
    expect.objectContaining({ level: 'error', message: 'not reloaded: all stays as it was' }),
  );
});

it('goes on with a profile as it was when that has been edited into something wrong', async () => {
  const { reload, sidecar } = await start([testProfile({ name: 'a' }), testProfile({ name: 'b' })]);
  const before = sidecar.listeners;
  const broken = [{ profile: 'a', message: 'config.toml:3: "listen" is wrong' }];
  const unusable = [testProfile({ name: 'b', upstream: 'nonsense' }), testProfile({ name: 'c' })];
  const { added, changed, removed, problems } = await reload(unusable, broken);
  expect({ added, changed, removed }).toEqual({ added: ['c'], changed: ['b'], removed: [] });
  expect(problems).toMatchObject([{ profile: 'a' }, { profile: 'b', message: expect.stringContaining('invalid DSN') }]);
  expect(sidecar.listeners).toEqual(expect.arrayContaining([...before]));
  expect((await reload([testProfile({ name: 'b' })])).problems).toEqual([]);
});

it('counts the sessions of all addresses of a profile against its limit, those of a removed one too', async () => {
  const { upstream, accepted } = await silentUpstream();
  const [one, two, three] = [await freePort(), await freePort(), await freePort()];
  const limited = { upstream, maxConnections: 2 };
  const { reload } = await start([testProfile({ ...limited, listen: [...at(one), ...at(two)] })]);
  for (const port of [one, two]) await client(port);
  await expect.poll(() => accepted.length).toBe(2);
  const [refusal] = (await once(await client(two), 'data')) as [Buffer];
  expect(refusal.toString()).toMatch(/C53300.*max_connections/s);
  await reload([testProfile({ ...limited, listen: at(three) })]);
  const [again] = (await once(await client(three), 'data')) as [Buffer];
  expect(again.toString()).toContain('C53300');
  await reload([testProfile({ ...limited, maxConnections: 3, listen: at(three) })]);
  await client(three);
  await expect.poll(() => accepted.length).toBe(3);
});

it('stays where it listens when a profile is to listen elsewhere but cannot be served', async () => {
  const [here, there] = [await freePort(), await freePort()];
  const { reload, sidecar } = await start([testProfile({ listen: at(here) })]);
  const { problems } = await reload([testProfile({ listen: at(there), upstream: 'nonsense' })]);
  expect(problems).toMatchObject([{ profile: 'prod', message: expect.stringContaining('invalid DSN') }]);
  expect(sidecar.listeners).toMatchObject([{ port: here }]);
  expect(stateOf(sidecar)).toEqual(['prod listening 0']);
  expect((await reload([testProfile({ listen: at(there) })])).problems).toEqual([]);
  expect(sidecar.listeners).toMatchObject([{ port: there }]);
});
