import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CredentialSettings } from '@gprxy/credentials';
import type { Profile } from '@gprxy/sidecar';
import { temporaryDirectory } from '@gprxy/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { SetUp } from '../set-up.ts';
import { checkFiles } from './files.ts';

interface World {
  readonly env: Record<string, string>;
  readonly profile?: Partial<Profile>;
  readonly uid?: number | undefined;
}

function setUp({ env, profile, uid = process.getuid?.() }: World): SetUp {
  const dependencies = { env, platform: 'linux', uid, homedir: '/home/alice' };
  const credential = { kind: 'oidc', issuer: 'https://login.corp.example', clientId: 'gprxy-cli', scopes: [] };
  return {
    dependencies: dependencies as unknown as SetUp['dependencies'],
    nodeVersion: '20.19.0',
    profile: async () => ({ name: 'prod', credential, ...profile }) as unknown as Profile,
    token: () => Promise.reject(new Error('of no use here')),
    status: async () => undefined,
  };
}

describe('the check of files', () => {
  async function home(): Promise<{ path: string; env: Record<string, string> }> {
    const directory = await temporaryDirectory();
    onTestFinished(() => directory.remove());
    const { path } = directory;
    await mkdir(join(path, 'state/locks'), { recursive: true, mode: 0o700 });
    await writeFile(join(path, 'config.toml'), '', { mode: 0o644 });
    return { path, env: { GPRXY_CONFIG: join(path, 'config.toml'), GPRXY_STATE_DIR: join(path, 'state') } };
  }

  it('takes what nobody else can read, and what is not there yet', async () => {
    const { env } = await home();
    expect(await checkFiles(setUp({ env }))).toEqual({ verdict: 'ok', message: 'only you can read what is secret' });
  });

  it.each(['config.toml', '.'])('warns where others can change the configuration: %s', async (name) => {
    const { env, path } = await home();
    await chmod(join(path, name), 0o777);
    const hint = `Run "chmod go-w '${join(path, name)}'".`;
    expect(await checkFiles(setUp({ env }))).toMatchObject({ verdict: 'warning', hint });
  });

  it.each(['state', 'state/locks', 'state/logins', 'state/run'])(
    'finds that nothing can be written to %s',
    async (name) => {
      const { env, path } = await home();
      await mkdir(join(path, name), { recursive: true, mode: 0o700 });
      await chmod(join(path, name), 0o500);
      await expect(checkFiles(setUp({ env }))).rejects.toMatchObject({
        message: `${join(path, name)} cannot be written (mode 0500)`,
        hint: `Run "chmod u+rwx '${join(path, name)}'".`,
      });
    },
  );

  it("finds directories that are another user's, as sudo leaves them", async () => {
    const { env, path } = await home();
    const [owner, uid] = [process.getuid?.(), 4_711];
    await expect(checkFiles(setUp({ env, uid }))).rejects.toMatchObject({
      message: `${join(path, 'state')} belongs to OS user ${owner}`,
      hint: `Run "sudo chown -R ${uid} '${join(path, 'state')}'".`,
    });
  });

  it('finds that a directory could not be made, because of what is in its place or above', async () => {
    const { env, path } = await home();
    const file = join(path, 'config.toml');
    for (const state of [file, join(file, 'state')]) {
      const found = checkFiles(setUp({ env: { ...env, GPRXY_STATE_DIR: state } }));
      await expect(found).rejects.toMatchObject({ message: expect.stringMatching(/is not a directory|ENOTDIR/) });
    }
  });

  it('warns where profiles could not be added, unless the file has a place of its own', async () => {
    const { path } = await home();
    const config = join(path, 'xdg/gprxy');
    await mkdir(config, { recursive: true });
    await chmod(config, 0o500);
    const env = { GPRXY_STATE_DIR: join(path, 'state'), XDG_CONFIG_HOME: join(path, 'xdg') };
    expect(await checkFiles(setUp({ env }))).toMatchObject({
      verdict: 'warning',
      message: `${config} cannot be written (mode 0500): no profile can be added or changed`,
    });
    const named = { ...env, GPRXY_CONFIG: join(config, 'config.toml') };
    expect(await checkFiles(setUp({ env: named }))).toMatchObject({ verdict: 'ok' });
  });

  it('finds passwords of the sidecar that others can read, which libpq would then ignore', async () => {
    const { env, path } = await home();
    await writeFile(join(path, 'state/pgpass'), 'x', { mode: 0o644 });
    await expect(checkFiles(setUp({ env }))).rejects.toMatchObject({
      hint: expect.stringMatching(/chmod 600 .*pgpass/),
    });
  });

  it.each([
    (path: string) => ({ kind: 'password', password: { kind: 'file', path } }),
    (path: string) => ({ kind: 'client-credentials', authentication: { kind: 'private-key', path } }),
    (path: string) => ({
      kind: 'client-credentials',
      authentication: { kind: 'secret', secret: { kind: 'file', path } },
    }),
  ])('finds a secret that others can read', async (credentialWith) => {
    const { env, path } = await home();
    const secret = join(path, 'secret');
    await writeFile(secret, 'hunter2');
    await chmod(secret, 0o644);
    const profile = { credential: credentialWith(secret) as unknown as CredentialSettings };
    await expect(checkFiles(setUp({ env, profile }))).rejects.toMatchObject({
      message: `${secret} is open to other users (mode 0644)`,
      hint: `Run "chmod 600 '${secret}'".`,
    });
  });
});
