import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { StoredLogin } from '@gprxy/credentials';
import { startKeyring, temporaryDirectory } from '@gprxy/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { KeychainCommand } from './keychain-process.testing.ts';
import { keyringPid } from './keyring-pid.testing.ts';

const program = fileURLToPath(new URL('./keychain-process.testing.ts', import.meta.url));
const root = fileURLToPath(new URL('..', import.meta.url));
const isInstalled = ['gnome-keyring-daemon', 'dbus-run-session', 'gdbus'].every(
  (command) => spawnSync('which', [command]).status === 0,
);

interface Result {
  value?: unknown;
  code?: string;
  message?: string;
  hint?: string;
  tookMs: number;
}

type Environment = Record<string, string | undefined>;

/** A process that stays, as a daemon does, and does one thing after the other. */
function startKeychainProcess(env: Environment, commands: KeychainCommand[] = [], entryBytes?: number) {
  const sessionBus = env.DBUS_SESSION_BUS_ADDRESS;
  const job = JSON.stringify({ service: 'gprxy-test', sessionBus, entryBytes, commands });
  const args = ['--import', 'tsx', '--conditions=source', program, job];
  const child = spawn(process.execPath, args, { env, cwd: root, stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<Result | undefined> => {
    const { value } = await lines.next();
    return value === undefined ? undefined : (JSON.parse(value) as Result);
  };
  const ended = once(child, 'exit');
  return {
    next,
    tell: (command: KeychainCommand) => {
      child.stdin.write(`${JSON.stringify(command)}\n`);
      return next();
    },
    end: async () => {
      child.stdin.end();
      await ended;
    },
  };
}

/** Each call is a process of its own: what one wrote, the next one must find. */
async function keychain(env: Environment, commands: KeychainCommand[], entryBytes?: number): Promise<Result[]> {
  const child = startKeychainProcess(env, commands, entryBytes);
  const results: Result[] = [];
  for (const _ of commands) results.push((await child.next()) as Result);
  await child.end();
  return results;
}

function bigLogin(subject: string): StoredLogin {
  return {
    version: 1,
    issuer: 'https://login.corp.example',
    clientId: 'gprxy-cli',
    subject,
    name: 'Zoë 李 🙂',
    accessToken: randomBytes(12_288).toString('base64url'),
    expiresAt: 1,
    refreshToken: randomBytes(12_288).toString('base64url'),
    claims: { sub: subject },
  };
}

describe.skipIf(!isInstalled)('the keychain of a real desktop', { timeout: 60_000 }, () => {
  let keyring: Awaited<ReturnType<typeof startKeyring>>;
  beforeAll(async () => {
    keyring = await startKeyring();
  });
  afterAll(() => keyring.stop());
  // gnome-keyring now and then locks itself while it is written to a lot.
  beforeEach(() => keyring.unlock());

  it('has nothing before the first login', async () => {
    const [read, deleted] = await keychain(keyring.env, [{ do: 'read' }, { do: 'delete' }]);
    expect(read).not.toHaveProperty('code');
    expect(read).not.toHaveProperty('value');
    expect(deleted).toMatchObject({ value: false });
  });

  it('S32 keeps tokens of 16 KB, in one entry and in entries of the size of Windows', async () => {
    for (const entryBytes of [undefined, 2_560]) {
      const login = bigLogin('alice');
      expect(login.accessToken.length).toBe(16_384);
      const [probed, written] = await keychain(keyring.env, [{ do: 'probe' }, { do: 'write', login }], entryBytes);
      expect([probed?.code, written?.code]).toEqual([undefined, undefined]);
      const [read, deleted, after] = await keychain(keyring.env, [{ do: 'read' }, { do: 'delete' }, { do: 'read' }]);
      expect(read?.value).toEqual(login);
      expect(deleted?.value).toBe(true);
      expect(after).not.toHaveProperty('value');
    }
  });

  it('S32 leaves no entry behind', async () => {
    for (const login of [bigLogin('alice'), bigLogin('bob')])
      await keychain(keyring.env, [{ do: 'write', login }], 2_560);
    await keychain(keyring.env, [{ do: 'delete' }]);
    const search = ['search', '--all', 'service', 'gprxy-test'];
    const found = spawnSync('secret-tool', search, { env: keyring.env, encoding: 'utf8' });
    const accounts = `${found.stdout}${found.stderr}`.match(/attribute\.account = .*/g);
    expect(accounts).toEqual(['attribute.account = gprxy:marker']);
  });

  it('is told apart when locked, and has the login still after it is unlocked', async () => {
    const login = bigLogin('alice');
    await keychain(keyring.env, [{ do: 'write', login }]);
    await keyring.lock();
    const commands: KeychainCommand[] = [
      { do: 'read' },
      { do: 'probe' },
      { do: 'delete' },
      { do: 'write', login: bigLogin('bob') },
    ];
    for (const result of await keychain(keyring.env, commands)) {
      expect(result).toMatchObject({ code: 'ERR_STORE_LOCKED', hint: expect.stringContaining('Unlock the keychain') });
    }
    await keyring.unlock();
    const [read] = await keychain(keyring.env, [{ do: 'read' }, { do: 'delete' }]);
    expect(read?.value).toEqual(login);
  });

  it('may be locked and unlocked while a process runs', async () => {
    const login = bigLogin('alice');
    const daemon = startKeychainProcess(keyring.env);
    await daemon.tell({ do: 'write', login });
    for (let night = 1; night <= 2; night++) {
      await keyring.lock();
      expect(await daemon.tell({ do: 'read' })).toMatchObject({ code: 'ERR_STORE_LOCKED' });
      expect(await daemon.tell({ do: 'write', login: bigLogin('bob') })).toMatchObject({ code: 'ERR_STORE_LOCKED' });
      await keyring.unlock();
      expect((await daemon.tell({ do: 'read' }))?.value).toEqual(login);
    }
    await daemon.end();
  });

  it('tells an entry that is damaged, half there or of a later version, and takes a new login in its place', async () => {
    const attributes = (account: string) => ['service', 'gprxy-test', 'account', account];
    const secretTool = (args: string[], input = '') =>
      spawnSync('secret-tool', args, { env: keyring.env, input, encoding: 'utf8' });
    const store = (account: string, text: string) =>
      secretTool(['store', '--label=gprxy-test', ...attributes(account)], text);
    const damages = {
      'a piece is gone': () => secretTool(['clear', ...attributes('prod:a:2')]),
      'a piece is another': () => store('prod:a:1', 'something else'),
      'the head is empty': () => store('prod', ''),
      'the head is something else': () => store('prod', 'canary'),
      'the head is of a later version': () => store('prod', '{"version":2,"vault":"there"}\n'),
    };
    for (const [damage, inflict] of Object.entries(damages)) {
      await keyring.unlock();
      await keychain(keyring.env, [{ do: 'delete' }, { do: 'write', login: bigLogin('alice') }], 16_384);
      expect(inflict().status, damage).toBe(0);
      const login = bigLogin('bob');
      const commands: KeychainCommand[] = [{ do: 'read' }, { do: 'write', login }, { do: 'read' }];
      const [read, , again] = await keychain(keyring.env, commands, 16_384);
      const code = damage.includes('later') ? 'ERR_STORE_FAILED' : 'ERR_LOGIN_NEEDED';
      expect(read, `${damage}: ${JSON.stringify(read)}`).toMatchObject({
        code,
        hint: expect.stringContaining('gprxy login --profile prod'),
      });
      expect(JSON.stringify(read)).not.toContain('canary');
      expect(again?.value, damage).toEqual(login);
    }
  });

  it('is given up within 3 s while it keeps silent, and does not hold the process', async () => {
    const daemon = keyringPid(keyring.env);
    process.kill(daemon, 'SIGSTOP');
    try {
      const child = startKeychainProcess(keyring.env, [{ do: 'probe' }]);
      const probed = await child.next();
      const toldAt = performance.now();
      await child.end();
      // The daemon stands still all the while, and the bus would wait for it for 25 s.
      expect(performance.now() - toldAt).toBeLessThan(20_000);
      expect(probed).toMatchObject({
        code: 'ERR_STORE_LOCKED',
        message: expect.stringContaining('no answer within 3 s'),
      });
      expect(probed?.tookMs).toBeLessThan(20_000);
    } finally {
      process.kill(daemon, 'SIGCONT');
    }
  });
});

describe.skipIf(process.platform !== 'linux')('a machine without a keychain', () => {
  it('is told apart where libsecret is missing', { timeout: 60_000 }, async () => {
    await using directory = await temporaryDirectory();
    // The loader gives up at the first library of that name, and this one is none.
    await writeFile(join(directory.path, 'libsecret-1.so.0'), '');
    const { PATH } = process.env;
    const env = { PATH, HOME: '/nonexistent', LD_LIBRARY_PATH: directory.path };
    for (const result of await keychain(env, [{ do: 'probe' }, { do: 'read' }])) {
      expect(result).toMatchObject({
        code: 'ERR_STORE_ABSENT',
        message: expect.stringContaining('does not load'),
        hint: expect.stringContaining('libsecret-1-0'),
      });
    }
  });

  it('is told apart, with the way out', { timeout: 60_000 }, async () => {
    const { PATH } = process.env;
    const env = { PATH, HOME: '/nonexistent', DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent/bus' };
    for (const result of await keychain(env, [{ do: 'probe' }, { do: 'read' }])) {
      expect(result).toMatchObject({ code: 'ERR_STORE_ABSENT', hint: expect.stringContaining('--insecure-storage') });
    }
  });
});
