import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { testDirectory } from '../directory.testing.ts';
import { saveDefaultProfile } from './default-profile.ts';
import { removeProfile } from './remove-profile.ts';
import { draftProfile, replaceProfile } from './save-profile.ts';

const keys = 'issuer = "https://login.example"\nclient_id = "cli"\nupstream = "postgresql://gw.example"\n';
const prod = { name: 'prod', issuer: 'https://login.example', clientId: 'cli', upstream: 'postgresql://gw.example' };

let path: string;
beforeEach(async () => {
  path = join(await testDirectory(), 'config.toml');
});

async function edited(before: string, edit: () => Promise<void>): Promise<string> {
  await writeFile(path, before);
  await edit();
  return readFile(path, 'utf8');
}

describe('a profile is taken out', () => {
  it('and every other line stays, comments included', async () => {
    const before = `# mine\ndefault_profile = "dev"\n\n[profiles.prod]\n# within\n${keys}\n# of dev\n[profiles.dev]\n${keys}`;
    const after = await edited(before, () => removeProfile(path, 'prod'));
    expect(after).toBe(`# mine\ndefault_profile = "dev"\n\n# of dev\n[profiles.dev]\n${keys}`);
  });

  it('with lists over several lines', async () => {
    const before = `[profiles.dev]\n${keys}\n[profiles.prod]\n${keys}scopes = [\n  "openid", # who\n  "email",\n]\n`;
    const after = await edited(before, () => removeProfile(path, 'prod'));
    expect(after).toBe(`[profiles.dev]\n${keys}`);
  });

  it('and is no longer the default', async () => {
    const before = `default_profile = "prod"\n\n[profiles.prod]\n${keys}\n[profiles.dev]\n${keys}`;
    const after = await edited(before, () => removeProfile(path, 'prod'));
    expect(after).toBe(`\n[profiles.dev]\n${keys}`);
  });

  it('even one that could not be used', async () => {
    const before = `[profiles.prod]\n${keys}\n[profiles.odd]\nissuer = 1\n`;
    expect(await edited(before, () => removeProfile(path, 'odd'))).toBe(`[profiles.prod]\n${keys}`);
  });

  it('but not out of a table in braces, which has no lines of its own', async () => {
    const before = 'profiles = { prod = { issuer = "https://login.example" } }\n';
    await writeFile(path, before);
    await expect(removeProfile(path, 'prod')).rejects.toThrow(/edit the file by hand/);
    expect(await readFile(path, 'utf8')).toBe(before);
  });
});

describe('the default profile', () => {
  const two = `[profiles.prod]\n${keys}\n[profiles.dev]\n${keys}`;

  it.each([
    { before: two, after: `default_profile = "dev"\n${two}` },
    { before: `default_profile = "prod" # daily\n${two}`, after: `default_profile = "dev" # daily\n${two}` },
  ])('is changed in place', async ({ before, after }) => {
    expect(await edited(before, () => saveDefaultProfile(path, 'dev'))).toBe(after);
  });

  it('must be one of the file', async () => {
    await writeFile(path, two);
    await expect(saveDefaultProfile(path, 'other')).rejects.toThrow(/there is no profile "other"/);
    expect(await readFile(path, 'utf8')).toBe(two);
  });
});

describe('a profile is replaced', () => {
  it('with nothing left of the former one, and stays the default', async () => {
    const before = `default_profile = "prod"\n\n[profiles.prod]\n${keys}audience = "old"\n\n[profiles.dev]\n${keys}`;
    const after = await edited(before, () => replaceProfile(path, { ...prod, user: '{sub}' }));
    expect(after).toBe(`default_profile = "prod"\n\n[profiles.dev]\n${keys}\n[profiles.prod]\n${keys}user = "{sub}"\n`);
  });

  it('and can be looked at before', () => {
    expect(draftProfile(path, prod)).toMatchObject({
      name: 'prod',
      credential: { scopes: ['openid', 'email', 'offline_access'] },
    });
    expect(() => draftProfile(path, { ...prod, user: '{' })).toThrow(/"user" has a brace/);
  });
});
