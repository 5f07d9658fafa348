import { mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { aliceLogin, prodProfile, runInWorld } from '../../dependencies.testing.ts';
import type { Credentials } from '../../dependencies.ts';

const newProfile = ['--issuer', 'https://id.example', '--client-id', 'cli', '--upstream', 'postgresql://gw.example'];

describe('login: Ctrl-C', () => {
  const login = () => Promise.reject(Object.assign(new Error('stopped'), { code: 'ERR_ABORTED', hint: 'Again.' }));

  it('S33 ends with 130, and says that nothing was changed, and no more', async () => {
    for (const args of [[], ['--client-id', 'other']]) {
      const world = { config: prodProfile, credentials: { login } };
      const { exitCode, stderr, configFile } = await runInWorld(['login', ...args], world);
      expect({ exitCode, stderr }).toEqual({ exitCode: 130, stderr: 'Cancelled. Nothing was changed.\n' });
      expect(await readFile(configFile, 'utf8')).toBe(prodProfile);
    }
  });

  it('says that a profile which was made is there', async () => {
    const { exitCode, stderr } = await runInWorld(['login', ...newProfile], { credentials: { login } });
    expect(exitCode).toBe(130);
    expect(stderr).toContain('Cancelled. Nobody was signed in; profile "default" stays: run "gprxy login --profile');
  });
});

describe('login: profiles', () => {
  it('changes one that is there only when the login has succeeded with the change', async () => {
    const asked: unknown[] = [];
    const attempt = async (outcome: () => Promise<typeof aliceLogin>) => {
      const login: Credentials['login'] = ({ settings }) => {
        asked.push(settings);
        return outcome();
      };
      const world = { config: prodProfile, credentials: { login } };
      const { configFile, ...ended } = await runInWorld(['login', '--client-id', 'other', '--ca-file', '~/ca'], world);
      return { ...ended, config: await readFile(configFile, 'utf8') };
    };
    const refused = await attempt(() => Promise.reject(Object.assign(new Error('no'), { code: 'ERR_LOGIN_DENIED' })));
    expect(refused).toMatchObject({ exitCode: 5, config: prodProfile });
    expect(refused.stderr).toMatch(/^Profile "prod" in .*config\.toml stays as it was\.\ngprxy: no/);
    const done = await attempt(async () => aliceLogin);
    expect(done).toMatchObject({ exitCode: 0, config: expect.stringContaining('client_id = "other"') });
    expect(done.stderr).toMatch(/^Saved profile "prod" in .*\nSigned in as/);
    expect(asked[0]).toMatchObject({ clientId: 'other', caFile: expect.stringMatching(/^\/.*\/ca$/) });
  });

  it('asks nobody to sign in with a change that could not be saved', async () => {
    const login = () => Promise.reject(new Error('nobody is to be asked'));
    const { exitCode, stderr } = await runInWorld(['login', '--issuer', 'login.corp.example'], {
      config: prodProfile,
      credentials: { login },
    });
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('nothing was saved') });
  });

  it('makes the profile that the options describe', async () => {
    const { exitCode, stderr, configFile } = await runInWorld(['login', '--profile', 'dev', ...newProfile]);
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toContain(`Saved profile "dev" in ${configFile}.`);
    const text = await readFile(configFile, 'utf8');
    expect(text).toContain('[profiles.dev]');
    expect(text).toContain('issuer = "https://id.example"');
  });

  it('names in the next command the profile where psql would take another one, and the database where none is known', async () => {
    const config = `default_profile = "prod"\n${prodProfile}`;
    const next = async (env: Record<string, string>, ...args: string[]) =>
      (await runInWorld(['login', ...args], { config, env })).stderr.match(/Next: .*/)?.[0];
    expect(await next({})).toBe('Next: gprxy psql');
    expect(await next({}, '--profile', 'dev', ...newProfile)).toBe('Next: gprxy psql --profile dev DATABASE');
    expect(await next({ GPRXY_PROFILE: 'dev' }, ...newProfile)).toBe('Next: gprxy psql DATABASE');
  });

  it('says where the profile could not be saved, and does not blame the command line', async () => {
    const place = await mkdtemp(join(tmpdir(), 'gprxy-login-'));
    onTestFinished(() => rm(place, { recursive: true }));
    await symlink(join(place, 'gone', 'deeper'), join(place, 'config'));
    const file = join(place, 'config', 'config.toml');
    const { exitCode, stderr } = await runInWorld(['login', ...newProfile], { env: { GPRXY_CONFIG: file } });
    expect(exitCode).toBe(3);
    expect(stderr).toContain(`gprxy: ${file}: cannot be written (`);
    expect(stderr).toContain('name another file by GPRXY_CONFIG');
  });

  it('says what a new profile still needs', async () => {
    const { exitCode, stderr } = await runInWorld(['login', '--issuer', 'https://id.example']);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('needs --client-id ID and --upstream DSN');
  });

  it('names the profile in the command that would make it: without, another one would be changed', async () => {
    const args = ['login', '--profile', 'staging', '--issuer', 'https://id.example'];
    const { stderr } = await runInWorld(args, { config: prodProfile });
    expect(stderr).toContain('Run "gprxy login --profile staging --issuer URL --client-id ID');
  });

  it('ends with 3 where nothing is configured and nothing given', async () => {
    const { exitCode, stderr } = await runInWorld(['login']);
    expect(exitCode).toBe(3);
    expect(stderr).toContain('Run "gprxy login --issuer');
  });
});
