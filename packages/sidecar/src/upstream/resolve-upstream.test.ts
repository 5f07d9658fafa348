import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createCertificateAuthority } from '@gprxy/testkit';
import { describe, expect, it } from 'vitest';
import { collectLog, testProfile } from '../config/profile.testing.ts';
import { testDirectory } from '../directory.testing.ts';
import { resolveUpstream } from './resolve-upstream.ts';

const files = async (path: string) => {
  if (path.startsWith('/pem/')) return `PEM of ${path}\n${path === '/pem/key' ? '' : '-----BEGIN CERTIFICATE-----'}`;
  throw Object.assign(new Error(path), { code: 'ENOENT' });
};
const resolve = (upstream: string, log = collectLog().log) => resolveUpstream(testProfile({ upstream }), files, log);

describe('an upstream that can be used', () => {
  const table: Array<[string, string, object]> = [
    [
      'is verified in full by default',
      'postgresql://gw.example',
      {
        hosts: {
          targets: [
            {
              host: 'gw.example',
              port: 5432,
              connectTimeoutMs: 10_000,
              tls: { mode: 'verify-full', negotiation: 'postgres' },
            },
          ],
          targetSessionAttrs: 'any',
          loadBalanceHosts: false,
        },
        parameters: new Map(),
      },
    ],
    [
      'trusts its own authority',
      'postgresql://gw:6432/sales?sslrootcert=/pem/ca',
      {
        hosts: { targets: [{ tls: { ca: expect.stringMatching(/^PEM of \/pem\/ca/) } }] },
        database: 'sales',
      },
    ],
    [
      'is given up after its own time',
      'postgresql://gw?connect_timeout=3',
      { hosts: { targets: [{ connectTimeoutMs: 3_000 }] } },
    ],
    [
      'may have several hosts',
      'postgresql://a,b:6432?target_session_attrs=read-write&load_balance_hosts=random',
      {
        hosts: {
          targets: [
            { host: 'a', port: 5432 },
            { host: 'b', port: 6432 },
          ],
          targetSessionAttrs: 'read-write',
          loadBalanceHosts: true,
        },
      },
    ],
    [
      'passes its parameters on',
      'postgresql://gw?application_name=x',
      { parameters: new Map([['application_name', 'x']]) },
    ],
  ];
  it.each(table)('%s', async (_, upstream, expected) => {
    const { log, lines } = collectLog();
    expect(await resolve(upstream, log)).toMatchObject(expected);
    expect(lines).toEqual([]);
  });

  it('shows a client certificate', async () => {
    const authority = await createCertificateAuthority();
    const { certPem: cert, keyPem: key } = await authority.issue({ commonName: 'alice', client: true });
    const pem: Record<string, string> = { '/pem/cert': cert, '/pem/key': key, '/pem/broken': key.slice(0, 100) };
    const resolveWith = (upstream: string) =>
      resolveUpstream(testProfile({ upstream }), async (path) => pem[path] ?? '', collectLog().log);
    expect(await resolveWith('postgresql://gw?sslcert=/pem/cert&sslkey=/pem/key')).toMatchObject({
      hosts: { targets: [{ tls: { cert, key } }] },
    });
    const broken = await resolveWith('postgresql://gw?sslcert=/pem/cert&sslkey=/pem/broken').catch((error) => error);
    expect(broken).toMatchObject({ code: 'ERR_UPSTREAM_DSN', hint: expect.stringContaining('PEM') });
    expect(broken.message).not.toContain(key.slice(30, 90));
  });

  it.runIf(process.getuid)('S36 does not use a private key that other users of the machine can read', async () => {
    const authority = await createCertificateAuthority();
    const { certPem, keyPem } = await authority.issue({ commonName: 'alice', client: true });
    const directory = await testDirectory();
    const [cert, key] = [join(directory, 'cert'), join(directory, 'key')];
    await Promise.all([writeFile(cert, certPem), writeFile(key, keyPem, { mode: 0o600 })]);
    const profile = testProfile({ upstream: `postgresql://gw?sslcert=${cert}&sslkey=${key}` });
    const resolved = () => resolveUpstream(profile, (path) => readFile(path, 'utf8'), collectLog().log);
    await resolved();
    await chmod(key, 0o644);
    await expect(resolved()).rejects.toThrow(/open to other users \(mode 0644\)/);
  });

  it('warns when any host name will do', async () => {
    const { log, lines } = collectLog();
    await resolve('postgresql://gw?sslmode=verify-ca&sslrootcert=/pem/ca', log);
    expect(lines).toMatchObject([{ level: 'warn', sslmode: 'verify-ca' }]);
  });
});

describe('an upstream for a password', () => {
  const password = { kind: 'password', password: { kind: 'env', variable: 'DB_PASSWORD' } } as const;
  it.each(['disable', 'require'])('may go without verified TLS (%s), which is warned of', async (sslmode) => {
    const { log, lines } = collectLog();
    const profile = testProfile({ upstream: `postgresql://db?sslmode=${sslmode}`, credential: password });
    expect(await resolveUpstream(profile, files, log)).toMatchObject({
      hosts: { targets: [{ tls: { mode: sslmode } }] },
    });
    expect(lines).toMatchObject([{ level: 'warn', sslmode, message: expect.stringMatching(/nothing checks who/) }]);
  });

  it('has none in its DSN', async () => {
    const profile = testProfile({ upstream: 'postgresql://app:secret@db', credential: password });
    const error = await resolveUpstream(profile, files, collectLog().log).catch((caught) => caught);
    expect(error).toMatchObject({ hint: expect.stringMatching(/password_file/) });
    expect(`${error.message} ${error.hint}`).not.toContain('secret');
  });
});

describe('S14 an upstream that cannot be used', () => {
  it.each([
    ['is not verified', 'postgresql://gw?sslmode=require', /sslmode=require does not check who the upstream is/],
    ['is not encrypted', 'postgresql://gw?sslmode=disable', /sslmode=disable does not check/],
    ['is encrypted at will', 'postgresql://gw?sslmode=prefer', /sslmode=prefer/],
    ['has a password', 'postgresql://alice:secret@gw', /it has a password/],
    ['names a user', 'postgresql://alice@gw', /it names a user/],
    ['names a missing file', 'postgresql://gw?sslrootcert=/no/ca', /sslrootcert "\/no\/ca" cannot be read \(ENOENT\)/],
    [
      'names a file without a certificate',
      'postgresql://gw?sslrootcert=/pem/key',
      /"\/pem\/key" has no certificate in it/,
    ],
    ['is no DSN', 'gateway.example:6432', /invalid DSN/],
  ])('%s', async (_, upstream, message) => {
    const error = await resolve(upstream).catch((caught) => caught);
    expect(error.message).toMatch(message);
    expect(`${error.message} ${error.hint}`).not.toContain('secret');
  });
});
