import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { has } from './installed-programs.ts';
import { startKeyring } from './keyring.ts';

async function isLocked(env: Readonly<Record<string, string>>): Promise<boolean> {
  const collection = '/org/freedesktop/secrets/collection/login';
  const object = ['--dest', 'org.freedesktop.secrets', '--object-path', collection];
  const method = ['--method', 'org.freedesktop.DBus.Properties.Get', 'org.freedesktop.Secret.Collection', 'Locked'];
  const { stdout } = await promisify(execFile)('gdbus', ['call', '--session', ...object, ...method], { env });
  return stdout.includes('true');
}

describe.runIf(has.keyring)('the keychain of a desktop', () => {
  it('is unlocked, can be locked and unlocked, and two of them know nothing of each other', async () => {
    await using one = await startKeyring();
    await using other = await startKeyring();
    expect(await isLocked(one.env)).toBe(false);
    await one.lock();
    expect(await isLocked(one.env)).toBe(true);
    expect(await isLocked(other.env)).toBe(false);
    await one.unlock();
    expect(await isLocked(one.env)).toBe(false);
  });

  it('ends with stop()', async () => {
    const keyring = await startKeyring();
    await keyring.stop();
    await expect(isLocked(keyring.env)).rejects.toThrow();
  });
});
