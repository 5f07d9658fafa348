import { mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { saveProfile } from './save-profile.ts';

const prod = { name: 'prod', issuer: 'https://login.example', clientId: 'cli', upstream: 'postgresql://gw.example' };
let directory: string;
let path: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gprxy-save-'));
  path = join(directory, 'new', 'config.toml');
});
afterEach(() => rm(directory, { recursive: true }));

it('makes a private file whose first profile is the default and listens', async () => {
  await saveProfile(path, prod);
  expect(await readFile(path, 'utf8')).toBe(`default_profile = "prod"

[profiles.prod]
issuer = "https://login.example"
client_id = "cli"
upstream = "postgresql://gw.example"
listen = "127.0.0.1:5433"
`);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect((await stat(join(path, '..'))).mode & 0o777).toBe(0o700);
});

it('adds a profile and keeps every other byte', async () => {
  await saveProfile(path, prod);
  const before = `# mine\n${await readFile(path, 'utf8')}`;
  await writeFile(path, before);
  await saveProfile(path, { ...prod, name: 'test.eu', scopes: ['openid'] });
  expect(await readFile(path, 'utf8')).toBe(`${before}
[profiles."test.eu"]
issuer = "https://login.example"
client_id = "cli"
scopes = [ "openid" ]
upstream = "postgresql://gw.example"
`);
});

it('changes the keys given in a profile that is there', async () => {
  await saveProfile(path, prod);
  await writeFile(path, `${await readFile(path, 'utf8')}user = "{sub}" # by number\n`);
  await saveProfile(path, { ...prod, issuer: 'https://other.example', audience: 'gw' });
  const text = await readFile(path, 'utf8');
  expect(text).toContain('[profiles.prod]\naudience = "gw"\nissuer = "https://other.example"\nclient_id = "cli"\n');
  expect(text).toContain('user = "{sub}" # by number');
});

it('leaves the file alone when the result would not load', async () => {
  await saveProfile(path, prod);
  const before = await readFile(path, 'utf8');
  await expect(saveProfile(path, { ...prod, issuer: 'nonsense' })).rejects.toThrow(/"issuer" must be an https/);
  await expect(saveProfile(path, { ...prod, name: 'a b' })).rejects.toThrow(/cannot be a profile name/);
  expect(await readFile(path, 'utf8')).toBe(before);
});

it('refuses to guess at values that span lines', async () => {
  await saveProfile(path, prod);
  await writeFile(path, `${await readFile(path, 'utf8')}scopes = [\n  "openid",\n]\n`);
  await expect(saveProfile(path, { ...prod, scopes: ['email'] })).rejects.toThrow(/not valid TOML|by hand/);
});

it('writes through a link', async () => {
  const real = join(directory, 'dotfiles.toml');
  await writeFile(real, '');
  await symlink(real, join(directory, 'config.toml'));
  await saveProfile(join(directory, 'config.toml'), prod);
  expect(await readFile(real, 'utf8')).toContain('[profiles.prod]');
});

it('says what to do where the directory cannot be made', async () => {
  await symlink(join(directory, 'gone', 'deeper'), join(directory, 'new'));
  await expect(saveProfile(path, prod)).rejects.toMatchObject({
    name: 'ConfigError',
    hint: expect.stringContaining('writable for you'),
  });
});
