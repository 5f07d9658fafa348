import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { StoredLogin } from '@gprxy/credentials';
import { startKeyring } from '@gprxy/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KeychainCommand } from './keychain-process.testing.ts';

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

/** Each call is a process of its own: what one wrote, the next one must find. */
async function keychain(env: Environment, commands: KeychainCommand[], entryBytes?: number): Promise<Result[]> {
  const job = JSON.stringify({ service: 'gprxy-test', entryBytes, commands });
  const args = ['--import', 'tsx', '--conditions=source', program, job];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env, cwd: root });
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Result);
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

  it('is given up within 3 s while it keeps silent', async () => {
    const daemon = Number(keyringPid(keyring.env));
    process.kill(daemon, 'SIGSTOP');
    // The process cannot end before the keyring answers, see README.md of the credentials.
    const wakeUp = setTimeout(() => process.kill(daemon, 'SIGCONT'), 5_000);
    try {
      const [probed] = await keychain(keyring.env, [{ do: 'probe' }]);
      expect(probed).toMatchObject({
        code: 'ERR_STORE_LOCKED',
        message: expect.stringContaining('no answer within 3 s'),
      });
      expect(probed?.tookMs).toBeLessThan(3_200);
    } finally {
      clearTimeout(wakeUp);
      process.kill(daemon, 'SIGCONT');
    }
  });
});

describe.skipIf(process.platform !== 'linux')('a machine without a keychain', () => {
  it('is told apart, with the way out', { timeout: 60_000 }, async () => {
    const { PATH } = process.env;
    const env = { PATH, HOME: '/nonexistent', DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent/bus' };
    for (const result of await keychain(env, [{ do: 'probe' }, { do: 'read' }])) {
      expect(result).toMatchObject({ code: 'ERR_STORE_ABSENT', hint: expect.stringContaining('--insecure-storage') });
    }
  });
});

function keyringPid(env: Environment): string {
  const method = 'org.freedesktop.DBus.GetConnectionUnixProcessID';
  const args = ['call', '--session', '--dest', 'org.freedesktop.DBus', '--object-path', '/', '--method', method];
  return (
    /uint32 (\d+)/.exec(execFileSync('gdbus', [...args, 'org.freedesktop.secrets'], { env, encoding: 'utf8' }))?.[1] ??
    ''
  );
}
