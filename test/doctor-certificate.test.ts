import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type CertificateAuthority,
  createCertificateAuthority,
  startOidcProvider,
  type TestProvider,
} from '@gprxy/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { examine } from './doctor.testing.ts';
import { type InstalledGprxy, installGprxy, Shell } from './gprxy-shell.testing.ts';
import { startHostileUpstream } from './hostile-upstream.testing.ts';

const dayMs = 86_400_000;

describe('gprxy doctor on the certificate of an upstream', () => {
  let gprxy: InstalledGprxy;
  let provider: TestProvider;
  let trusted: CertificateAuthority;
  beforeAll(async () => {
    [gprxy, provider, trusted] = await Promise.all([
      installGprxy(),
      startOidcProvider(),
      createCertificateAuthority('the trusted authority'),
    ]);
  });
  afterAll(async () => {
    await provider.stop();
    await gprxy[Symbol.asyncDispose]();
  });

  it.each([
    {
      wrong: 'from an unknown authority',
      issue: async () => (await createCertificateAuthority('some authority')).issue({ commonName: 'localhost' }),
      says: 'comes from an authority that is not trusted here',
      shows: /for localhost, by CN=some authority, valid from \d{4}-\d\d-\d\d to/,
      hint: 'sslrootcert=FILE',
    },
    {
      wrong: 'for another host',
      issue: () => trusted.issue({ commonName: 'db', hosts: ['db.corp.example', 'db2.corp.example'] }),
      says: 'is for another host',
      shows: /for db\.corp\.example, db2\.corp\.example, by CN=the trusted authority/,
      hint: 'Write one of its names as the host',
    },
    {
      wrong: 'that has expired',
      issue: () => trusted.issue({ commonName: 'localhost', notBefore: daysFromNow(-9), notAfter: daysFromNow(-2) }),
      says: 'has expired',
      shows: new RegExp(`valid from ${day(-9)} to ${day(-2)}`),
      hint: 'Tell the administrator',
    },
    {
      wrong: 'that is not valid yet',
      issue: () => trusted.issue({ commonName: 'localhost', notBefore: daysFromNow(2), notAfter: daysFromNow(9) }),
      says: 'is not valid yet',
      shows: new RegExp(`valid from ${day(2)} to ${day(9)}`),
      hint: 'Check the date of this machine',
    },
  ])('finds one $wrong, and shows it', async ({ issue, says, shows, hint }) => {
    const upstream = await startHostileUpstream({ sslAnswer: Buffer.from('S'), certificate: await issue() });
    await using shell = await Shell.open(gprxy);
    await writeProfile(shell, `postgresql://localhost:${upstream.port}/sales?sslrootcert=authority.pem`);
    const { exitCode, about } = await examine(shell);
    expect(about('certificate')).toMatchObject({
      verdict: 'problem',
      message: `the certificate of localhost:${upstream.port} ${says}`,
      detail: expect.stringMatching(shows),
      hint: expect.stringContaining(hint),
    });
    // There is no keychain in this shell, which comes first.
    expect(exitCode).toBe(8);
    expect(upstream.received()).not.toContain('user');
  });

  it('finds one that does not offer TLS', async () => {
    const certificate = await trusted.issue({ commonName: 'localhost' });
    const upstream = await startHostileUpstream({ sslAnswer: Buffer.from('N'), certificate });
    await using shell = await Shell.open(gprxy);
    await writeProfile(shell, `postgresql://localhost:${upstream.port}/sales?sslrootcert=authority.pem`);
    const { about } = await examine(shell);
    expect(about('certificate').message).toContain('it does not offer TLS');
  });

  async function writeProfile(shell: Shell, upstream: string): Promise<void> {
    const directory = join(shell.home, 'config/gprxy');
    await mkdir(directory, { recursive: true });
    await writeFile(join(directory, 'authority.pem'), trusted.certPem);
    const named = upstream.replace('authority.pem', encodeURIComponent(join(directory, 'authority.pem')));
    const lines = [`issuer = "${provider.issuer}"`, 'client_id = "gprxy-cli"', `upstream = "${named}"`];
    await writeFile(join(directory, 'config.toml'), ['[profiles.prod]', ...lines, ''].join('\n'));
  }
});

function daysFromNow(days: number): Date {
  return new Date(Date.now() + days * dayMs);
}

function day(days: number): string {
  return daysFromNow(days).toISOString().slice(0, 10);
}
