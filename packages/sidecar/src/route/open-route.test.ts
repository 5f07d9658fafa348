import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { testDirectory } from '../directory.testing.ts';
import { openRoute, type RouteSettings } from './open-route.ts';

const hop = { host: 'hop.example', port: 1, user: 'alice' };
const none = { hop, knownHostsFiles: [] };
const readFile = () => Promise.reject(new Error('secrets are not read by this'));

const routes: ReadonlyArray<[key: string, settings: (path: string) => RouteSettings]> = [
  ['ssh_key_file', (sshKeyFile) => ({ ...none, kind: 'ssh', sshKeyFile })],
  ['via_password_file', (passwordFile) => ({ ...none, kind: 'http', passwordFile })],
  ['via_password_file', (passwordFile) => ({ ...none, kind: 'socks5', passwordFile })],
];

async function secret(mode: number): Promise<string> {
  const path = join(await testDirectory(), 'secret');
  await writeFile(path, 'hunter2\n');
  await chmod(path, mode);
  return path;
}

describe.each(routes)('%s', (key, settingsWith) => {
  it.runIf(process.getuid)('S18 is refused where others may read it, as ssh and libpq refuse it', async () => {
    const path = await secret(0o640);
    await expect(openRoute(settingsWith(path), readFile)).rejects.toMatchObject({
      message: `${key}: ${path} is open to other users (mode 0640)`,
      hint: `Run "chmod 600 '${path}'".`,
      code: 'ERR_ROUTE',
    });
  });

  it('is taken where it is our own alone', async () => {
    expect(await openRoute(settingsWith(await secret(0o600)), readFile)).toBeTypeOf('function');
  });

  it('has to be there', async () => {
    await expect(openRoute(settingsWith('/nowhere/secret'), readFile)).rejects.toMatchObject({
      message: `${key}: /nowhere/secret does not exist`,
      hint: `Correct "${key}" in the profile, or put the file there.`,
    });
  });
});
