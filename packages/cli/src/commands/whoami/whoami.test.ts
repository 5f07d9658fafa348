import { describe, expect, it } from 'vitest';
import { aliceLogin, prodProfile, runInWorld, testNow } from '../../dependencies.testing.ts';
import { parseArguments } from '../../parse-arguments.testing.ts';
import { claimedRoles } from './claimed-roles.ts';

const world = { config: prodProfile, logins: { prod: aliceLogin } };

describe('whoami: arguments to options', () => {
  it.each([
    { args: [], options: {} },
    { args: ['--json', '--profile', 'prod'], options: { json: true, profile: 'prod' } },
    { args: ['--all'], options: { all: true } },
  ])('reads $args', async ({ args, options }) => {
    expect(await parseArguments(['whoami', ...args])).toEqual({ command: 'whoami', options });
  });
});

describe('whoami: options to output', () => {
  it('tells who, which store, until when and which roles', async () => {
    const { exitCode, stdout, stderr } = await runInWorld(['whoami'], world);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout.split('\n')).toEqual([
      'Alice Example <alice@corp.example>',
      '  profile  prod',
      '  issuer   https://login.corp.example',
      '  store    the OS keychain',
      '  token    expires in 1 hour; renewed by itself',
      '  roles    analyst, reader',
      '',
    ]);
  });

  it('prints versioned JSON without any token', async () => {
    const { stdout } = await runInWorld(['whoami', '--json'], world);
    expect(JSON.parse(stdout)).toEqual({
      version: 1,
      profile: 'prod',
      issuer: 'https://login.corp.example',
      subject: 'u-1',
      email: 'alice@corp.example',
      name: 'Alice Example',
      store: 'keychain',
      expiresAt: '2030-01-01T13:00:00.000Z',
      expired: false,
      renewable: true,
      roles: ['analyst', 'reader'],
    });
  });

  it('tells that an expired token is renewed when next used', async () => {
    const logins = { prod: { ...aliceLogin, expiresAt: testNow - 120_000 } };
    const { stdout } = await runInWorld(['whoami'], { ...world, logins });
    expect(stdout).toContain('expired 2 minutes ago; renewed when next used');
  });

  it.each([
    { expiresAt: testNow + 120_000, says: 'expires in 2 minutes, and cannot be renewed' },
    { expiresAt: testNow - 120_000, says: 'expired 2 minutes ago; run "gprxy login --profile prod"' },
  ])('tells that a token without a refresh token $says', async ({ expiresAt, says }) => {
    const { refreshToken: _, ...login } = aliceLogin;
    const { stdout } = await runInWorld(['whoami'], { ...world, logins: { prod: { ...login, expiresAt } } });
    expect(stdout).toContain(`  token    ${says}\n`);
  });

  it('tells of every profile with --all, also of those where nobody is signed in', async () => {
    const config = `${prodProfile}${prodProfile.replace('prod', 'dev').replace('5433', '5434')}`;
    const { exitCode, stdout } = await runInWorld(['whoami', '--all'], { ...world, config });
    expect(exitCode).toBe(0);
    expect(stdout.split('\n\n')[0]).toMatch(/^Alice Example .*\n {2}profile {2}prod\n/);
    expect(stdout.split('\n\n')[1]?.split('\n')).toEqual([
      'nobody is signed in (profile "dev")',
      '  profile  dev',
      '  next     Run "gprxy login --profile dev".',
      '',
    ]);
    const { stdout: json } = await runInWorld(['whoami', '--all', '--json'], { ...world, config });
    expect(JSON.parse(json)).toMatchObject({
      version: 1,
      profiles: [
        { profile: 'prod', email: 'alice@corp.example', renewable: true },
        { profile: 'dev', error: { code: 'ERR_LOGIN_NEEDED', hint: 'Run "gprxy login --profile dev".' } },
      ],
    });
  });

  it('tells two people apart who are signed in at one issuer, by profile', async () => {
    const config = `${prodProfile}${prodProfile.replace('prod', 'dev').replace('5433', '5434')}`;
    const bob = { ...aliceLogin, subject: 'u-2', email: 'bob@corp.example', name: 'Bob Example' };
    const logins = { prod: aliceLogin, dev: bob };
    for (const [profile, person] of Object.entries(logins)) {
      const { stdout } = await runInWorld(['whoami', '--profile', profile], { config, logins });
      expect(stdout).toContain(person.email);
    }
    const { stderr } = await runInWorld(['logout', '--profile', 'dev'], { config, logins });
    expect(stderr).toContain('Signed out of profile "dev"');
    expect(Object.keys(logins)).toEqual(['prod']);
  });

  it('ends with 4 and names the next command when nobody is signed in', async () => {
    const result = await runInWorld(['whoami'], { config: prodProfile });
    expect(result).toMatchObject({ exitCode: 4, stdout: '' });
    expect(result.stderr).toContain('Run "gprxy login --profile prod".');
  });
});

describe('the roles a token claims', () => {
  it.each([
    { claims: { groups: ['a', 'b'] }, roles: ['a', 'b'] },
    { claims: { roles: ['r'], groups: 'g' }, roles: ['g', 'r'] },
    { claims: { realm_access: { roles: ['k', 'k'] } }, roles: ['k'] },
    { claims: { groups: [1, null], realm_access: 'x' }, roles: [] },
    { claims: {}, roles: [] },
  ])('are $roles in $claims', ({ claims, roles }) => {
    expect(claimedRoles(claims)).toEqual(roles);
  });
});
