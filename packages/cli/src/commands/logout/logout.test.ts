import { CredentialError } from '@gprxy/credentials';
import { describe, expect, it } from 'vitest';
import { aliceLogin, prodProfile, runInWorld } from '../../dependencies.testing.ts';
import type { Credentials, Sidecars } from '../../dependencies.ts';
import { parseArguments } from '../../parse-arguments.testing.ts';

const twoProfiles = `${prodProfile}${prodProfile.replace('prod', 'dev').replace('5433', '5434')}`;

describe('logout: arguments to options', () => {
  it.each([
    { args: [], options: { revoke: true } },
    { args: ['--profile', 'prod', '--no-revoke'], options: { profile: 'prod', revoke: false } },
    { args: ['--all'], options: { all: true, revoke: true } },
  ])('reads $args', async ({ args, options }) => {
    expect(await parseArguments(['logout', ...args])).toEqual({ command: 'logout', options });
  });

  it('refuses --all together with --profile', async () => {
    const { exitCode, stderr } = await runInWorld(['logout', '--all', '--profile', 'prod'], { config: prodProfile });
    expect(exitCode).toBe(2);
    expect(stderr).toContain('cannot be used with');
  });
});

describe('logout: options to output', () => {
  it.each([
    { args: [], says: 'Signed out of profile "prod", and the identity provider knows it.' },
    { args: ['--no-revoke'], says: 'Signed out of profile "prod".' },
  ])('forgets the login with $args', async ({ args, says }) => {
    const logins = { prod: aliceLogin };
    const { exitCode, stdout, stderr } = await runInWorld(['logout', ...args], { config: prodProfile, logins });
    expect({ exitCode, stdout, stderr, logins }).toEqual({ exitCode: 0, stdout: '', stderr: `${says}\n`, logins: {} });
  });

  it('says so when nobody was signed in', async () => {
    const { exitCode, stderr } = await runInWorld(['logout'], { config: prodProfile });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: 'Nobody was signed in (profile "prod").\n' });
  });

  it('warns when the provider could not be told', async () => {
    const logout = async () => ({ removed: true, revoked: false, warning: 'the provider could not be reached' });
    const { exitCode, stderr } = await runInWorld(['logout'], { config: prodProfile, credentials: { logout } });
    expect(exitCode).toBe(0);
    expect(stderr).toContain('gprxy: warning: the provider could not be reached');
  });

  it('says what is left to do about it', async () => {
    const hint = 'End the sessions on your account page.';
    const logout = async () => ({ removed: true, revoked: false, warning: 'it lives on', hint });
    const { stderr } = await runInWorld(['logout'], { config: prodProfile, credentials: { logout } });
    expect(stderr).toContain(`gprxy: warning: it lives on\n  ${hint}\n`);
  });

  it('tells the sidecar, so that its status does not go on about a token that nobody has any more', async () => {
    const asked: unknown[] = [];
    const requestControl = (async (_path: string, request: string, options: object) => {
      asked.push([request, options]);
      throw new Error('none runs');
    }) as unknown as Sidecars['requestControl'];
    const world = { config: prodProfile, logins: { prod: aliceLogin }, sidecars: { requestControl } };
    expect((await runInWorld(['logout'], world)).exitCode).toBe(0);
    expect(asked).toEqual([['signed-out', { profile: 'prod' }]]);
  });

  it('leaves every profile with --all', async () => {
    const logins = { prod: aliceLogin, dev: aliceLogin };
    const { exitCode, stderr } = await runInWorld(['logout', '--all'], { config: twoProfiles, logins });
    expect({ exitCode, logins }, stderr).toEqual({ exitCode: 0, logins: {} });
  });

  it('leaves what can be left with --all, and says what could not', async () => {
    const logout: Credentials['logout'] = async ({ account }) => {
      if (account === 'prod')
        throw new CredentialError('ERR_STORE_LOCKED', 'the keychain is locked', { hint: 'Unlock it.' });
      return { removed: true, revoked: true };
    };
    const config = `${twoProfiles}[profiles.odd]\nissuer = 1\n`;
    const { exitCode, stderr } = await runInWorld(['logout', '--all'], { config, credentials: { logout } });
    expect(exitCode).toBe(3);
    expect(stderr).toContain('Still signed in to profile "prod":\ngprxy: the keychain is locked\n  Unlock it.\n');
    expect(stderr).toContain('Signed out of profile "dev"');
    expect(stderr).toContain('gprxy: 2 of 3 profiles may still be signed in\n');
    const locked = await runInWorld(['logout', '--all'], { config: twoProfiles, credentials: { logout } });
    expect(locked.exitCode).toBe(8);
  });
});
