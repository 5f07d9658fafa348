import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { aliceLogin, prodProfile, runInWorld, runningStatus } from '../../dependencies.testing.ts';
import { parseArguments } from '../../parse-arguments.testing.ts';

const devProfile = prodProfile.replace('prod', 'dev').replace('5433', '5434');
const twoProfiles = `default_profile = "prod" # daily\n${prodProfile}${devProfile}`;
const brokenProfile = `${twoProfiles}\n[profiles.odd]\nissuer = "https://odd.example"\nisuer = 1\n`;

describe('profiles: arguments to options', () => {
  it.each([
    { args: ['list'], command: 'profilesList', options: {} },
    { args: ['list', '--json'], command: 'profilesList', options: { json: true } },
    { args: ['show'], command: 'profilesShow', options: {} },
    { args: ['show', 'dev', '--json'], command: 'profilesShow', options: { name: 'dev', json: true } },
    { args: ['use', 'dev'], command: 'profilesUse', options: 'dev' },
    { args: ['remove', 'dev'], command: 'profilesRemove', options: { name: 'dev', revoke: true } },
    {
      args: ['remove', 'dev', '--keep-login', '--no-revoke'],
      command: 'profilesRemove',
      options: { name: 'dev', keepLogin: true, revoke: false },
    },
  ])('reads $args', async ({ args, command, options }) => {
    expect(await parseArguments(['profiles', ...args])).toEqual({ command, options });
  });

  it.each([
    { args: ['profiles', 'use'], says: "missing required argument 'name'" },
    { args: ['profiles', 'lst'], says: 'Did you mean list?' },
    { args: ['profiles', 'remove', 'a', 'b'], says: 'too many arguments' },
  ])('refuses $args', async ({ args, says }) => {
    const { exitCode, stderr } = await runInWorld(args, { config: prodProfile });
    expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: expect.stringContaining(says) });
    expect(stderr).toMatch(/Run "gprxy (profiles|profiles \w+) --help"/);
  });
});

describe('profiles list', () => {
  it('marks the default', async () => {
    const { exitCode, stdout, stderr } = await runInWorld(['profiles', 'list'], { config: twoProfiles });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout.split('\n')).toEqual([
      '   PROFILE  CREDENTIAL                  UPSTREAM',
      '*  prod     https://login.corp.example  gateway.corp.example:6432',
      '   dev      https://login.corp.example  gateway.corp.example:6432',
      '',
    ]);
  });

  it('gives each a block of its own on a narrow terminal', async () => {
    const narrow = { config: twoProfiles, tty: true, columns: 40 };
    const { stdout } = await runInWorld(['profiles', 'list'], narrow);
    expect(stdout).toContain(
      '* prod\n  credential  https://login.corp.example\n  upstream    gateway.corp.example:6432\n\ndev\n',
    );
    const shown = await runInWorld(['profiles', 'show'], narrow);
    expect(shown.stdout).toContain('  issuer (line 4)\n    https://login.corp.example\n');
  });

  it('says what is wrong with one that cannot be used, and where', async () => {
    const { exitCode, stdout, stderr, configFile } = await runInWorld(['profiles', 'list'], { config: brokenProfile });
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/ {3}odd +cannot be used\n/);
    expect(stderr).toContain(
      `warning: ${configFile}:17: unknown key "isuer" in [profiles.odd]; did you mean "issuer"?`,
    );
  });

  it('prints versioned JSON', async () => {
    const { stdout, configFile } = await runInWorld(['profiles', 'list', '--json'], { config: brokenProfile });
    const { profiles, ...rest } = JSON.parse(stdout);
    expect(rest).toEqual({ version: 1, file: configFile, default: 'prod' });
    expect(profiles).toEqual([
      expect.objectContaining({ name: 'prod', default: true, credential: 'oidc', problem: null }),
      expect.objectContaining({ name: 'dev', default: false, upstream: 'gateway.corp.example:6432' }),
      expect.objectContaining({ name: 'odd', credential: null, problem: expect.stringContaining('isuer') }),
    ]);
  });

  it('names the next command where there are none', async () => {
    const { exitCode, stdout, stderr } = await runInWorld(['profiles', 'list']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: '' });
    expect(stderr).toContain('Next: gprxy profiles add --help');
  });
});

describe('profiles show', () => {
  it('tells each setting with its line, or that it is the default', async () => {
    const { exitCode, stdout } = await runInWorld(['profiles', 'show', 'prod'], { config: prodProfile });
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^prod {2}\S+config.toml\n/);
    expect(stdout).toMatch(/ {2}issuer +https:\/\/login.corp.example +line 3\n/);
    expect(stdout).toMatch(/ {2}scopes +\["openid","email","offline_access"\] +default\n/);
    expect(stdout).toMatch(/ {2}user +\{email\} +default\n/);
  });

  it('prints versioned JSON', async () => {
    const { stdout, configFile } = await runInWorld(['profiles', 'show', '--json'], { config: prodProfile });
    const { settings, ...rest } = JSON.parse(stdout);
    expect(rest).toEqual({ version: 1, profile: 'prod', file: configFile });
    expect(settings).toContainEqual({ key: 'client_id', value: 'gprxy-cli', from: 'file', line: 4 });
    expect(settings).toContainEqual({ key: 'local_auth', value: 'same-user', from: 'default', line: null });
  });

  it('shows the one that GPRXY_PROFILE names', async () => {
    const env = { GPRXY_PROFILE: 'dev' };
    expect((await runInWorld(['profiles', 'show'], { config: twoProfiles, env })).stdout).toMatch(/^dev /);
  });

  it('S18 shows no password, and no argument of a command', async () => {
    const config = [
      '[profiles.job]\ncredential = "exec"\ncommand = ["vault", "read", "canary-1"]',
      'upstream = "postgresql://me:canary-2@gw.example?canary-3=canary-4"\n',
    ].join('\n');
    for (const args of [[], ['--json']]) {
      const { stdout, stderr, exitCode } = await runInWorld(['profiles', 'show', ...args], { config });
      expect(exitCode, stderr).toBe(0);
      expect(stdout).toContain('vault');
      expect(stdout + stderr).not.toContain('canary');
    }
  });

  it.each([
    { args: ['prd'], config: twoProfiles, says: 'id you mean "prod"?' },
    { args: ['odd'], config: brokenProfile, says: 'unknown key "isuer"' },
    { args: [], config: undefined, says: 'there are no profiles yet' },
  ])('ends with 3 for $args', async ({ args, config, says }) => {
    const { exitCode, stderr } = await runInWorld(
      ['profiles', 'show', ...args],
      config === undefined ? {} : { config },
    );
    expect({ exitCode, stderr }).toEqual({ exitCode: 3, stderr: expect.stringContaining(says) });
  });
});

describe('profiles use', () => {
  it('changes the default and nothing else of the file', async () => {
    const { exitCode, stderr, configFile } = await runInWorld(['profiles', 'use', 'dev'], { config: twoProfiles });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '"dev" is the default profile now.\n' });
    expect(await readFile(configFile, 'utf8')).toBe(twoProfiles.replace('"prod" # daily', '"dev" # daily'));
  });

  it('warns where the environment says otherwise', async () => {
    const env = { GPRXY_PROFILE: 'prod' };
    const { stderr } = await runInWorld(['profiles', 'use', 'dev'], { config: twoProfiles, env });
    expect(stderr).toContain('warning: GPRXY_PROFILE is set in this shell');
  });

  it.each([
    { name: 'de', says: 'id you mean "dev"?' },
    { name: 'odd', says: 'unknown key "isuer"' },
  ])('ends with 3 for $name', async ({ name, says }) => {
    const { exitCode, stderr } = await runInWorld(['profiles', 'use', name], { config: brokenProfile });
    expect({ exitCode, stderr }).toEqual({ exitCode: 3, stderr: expect.stringContaining(says) });
  });
});

describe('profiles remove', () => {
  it('signs out and takes the profile out of the file', async () => {
    const logins = { prod: aliceLogin, dev: aliceLogin };
    const result = await runInWorld(['profiles', 'remove', 'dev'], { config: twoProfiles, logins });
    expect(result.exitCode, result.stderr).toBe(0);
    expect(result.stderr).toContain('Signed out of profile "dev", and the identity provider knows it.');
    expect(result.stderr).toContain(`Removed profile "dev" from ${result.configFile}.`);
    expect(logins).toEqual({ prod: aliceLogin });
    expect(await readFile(result.configFile, 'utf8')).toBe(`${twoProfiles.replace(devProfile, '').trimEnd()}\n`);
  });

  it('leaves the login with --keep-login', async () => {
    const logins = { dev: aliceLogin };
    const { stderr } = await runInWorld(['profiles', 'remove', 'dev', '--keep-login'], { config: twoProfiles, logins });
    expect(stderr).not.toContain('Signed out');
    expect(logins).toEqual({ dev: aliceLogin });
  });

  it('says which profile is the default now', async () => {
    const { stderr } = await runInWorld(['profiles', 'remove', 'prod'], { config: twoProfiles });
    expect(stderr).toContain('It was the default; now "dev" is, being the only one.');
  });

  it('keeps the profile, and names the way out, when the store does not let the login go', async () => {
    const logout = () =>
      Promise.reject(Object.assign(new Error('the keychain is locked'), { code: 'ERR_STORE_LOCKED' }));
    const world = { config: twoProfiles, credentials: { logout } };
    const { exitCode, stderr, configFile } = await runInWorld(['profiles', 'remove', 'dev'], world);
    expect(exitCode).toBe(8);
    expect(stderr).toContain('the keychain is locked\n  Run "gprxy profiles remove dev --keep-login"');
    expect(await readFile(configFile, 'utf8')).toBe(twoProfiles);
  });

  it('says that a running sidecar goes on as before', async () => {
    const world = { config: twoProfiles, status: runningStatus([{}]) };
    expect((await runInWorld(['profiles', 'remove', 'dev'], world)).stderr).toContain('Next: gprxy reload');
    expect((await runInWorld(['profiles', 'remove', 'dev'], { config: twoProfiles })).stderr).not.toContain('reload');
  });

  it('takes out one that cannot be used', async () => {
    const { exitCode, stderr, configFile } = await runInWorld(['profiles', 'remove', 'odd'], { config: brokenProfile });
    expect({ exitCode, stderr }).toEqual({
      exitCode: 0,
      stderr: expect.stringContaining('its login was not looked for'),
    });
    expect(await readFile(configFile, 'utf8')).not.toContain('odd');
  });

  it('ends with 3 where there is none of that name', async () => {
    const { exitCode, stderr } = await runInWorld(['profiles', 'remove', 'de'], { config: twoProfiles });
    expect({ exitCode, stderr }).toEqual({ exitCode: 3, stderr: expect.stringMatching(/did you mean "dev"/i) });
  });
});
