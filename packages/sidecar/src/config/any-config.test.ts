import { isIP } from 'node:net';
import fc from 'fast-check';
import { stringify, type TomlTable } from 'smol-toml';
import { expect, it } from 'vitest';
import { isLocalOnly } from '../listen/listen-address.ts';
import { ConfigError } from './config-error.ts';
import { parseConfig } from './parse-config.ts';
import type { Profile } from './profile.ts';

const HOSTS = [
  '127.0.0.1',
  'localhost',
  '[::1]',
  '0.0.0.0',
  '[::]',
  '192.168.1.5',
  '127.1',
  '0x7f.1',
  '[::ffff:127.0.0.1]',
  '127.0.0.1.evil.example',
  'evil.example',
  '',
];
const addresses = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('127.0.0.1:5433', '[::1]:5433', 'localhost:0') },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom(...HOSTS), fc.constantFrom('5433', '0', '65536', '-1', ' 1', ''))
      .map(([host, port]) => `${host}:${port}`),
  },
);
const odd = fc.oneof(
  fc.constantFrom<unknown>(
    '',
    ' ',
    '\0',
    '../..',
    '~',
    '{',
    '{email}',
    true,
    0,
    -1,
    1e300,
    [],
    [''],
    {},
    'off',
    'auto',
  ),
  fc.string({ unit: 'binary', maxLength: 10 }),
);
const either = (likely: fc.Arbitrary<unknown>) =>
  fc.oneof({ weight: 40, arbitrary: likely }, { weight: 1, arbitrary: odd });
/** The first is good, and what most have. */
const among = (good: unknown, ...others: readonly unknown[]) =>
  either(
    fc.oneof({ weight: 6, arbitrary: fc.constant(good) }, { weight: 1, arbitrary: fc.constantFrom(good, ...others) }),
  );

/** Mostly such as people write, so that most checks are reached; each value is now and then something else. */
const profile = fc.record(
  {
    issuer: among('https://login.example', 'http://127.0.0.1:1', 'http://login.example'),
    client_id: among('gprxy-cli'),
    upstream: among('postgresql://db.example/sales', 'postgresql://alice:secret@db.example'),
    listen: either(
      fc.oneof(addresses, fc.array(addresses, { maxLength: 3 }), fc.constantFrom('unix', 'unix:/s', 'unix:s')),
    ),
    local_auth: among('same-user', 'password', 'trust'),
    via: among('http://proxy.example:3128', 'ssh://me@jump.example', 'socks5://u:p@h'),
    user: among('{email}', '{sub}', 'reader'),
    drain_timeout: among('5s', '1h', '5'),
    max_connections: among(1, 100, 10_001),
    login_on_connect: among('off', 'notice', 'browser'),
    warm: among('auto', 'off'),
  },
  { requiredKeys: ['issuer', 'client_id', 'upstream', 'listen'] },
);
const names = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('prod', 'dev', 'a.b-c_d') },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '..',
      '.',
      'a/b',
      '__proto__',
      'constructor',
      '-x',
      'x'.repeat(65),
      'a b',
      'a\nb',
      '$(x)',
    ),
  },
);
const config = fc.record(
  {
    profiles: fc.dictionary(names, profile, { maxKeys: 3 }),
    sidecar: fc.record({ health: either(addresses) }, { requiredKeys: [] }),
  },
  { requiredKeys: ['profiles'] },
);

const place = { path: '/c/config.toml', homedir: '/home/alice', runtimeDirectory: '/run/gprxy' };

/** A configuration that cannot be used as a whole serves nothing. */
function servedBy(text: string): { profiles: readonly Profile[]; problems: number } {
  try {
    const { profiles, problems, sidecar } = parseConfig(text, place);
    if (sidecar.health) expect(isLocalOnly(sidecar.health)).toBe(true);
    for (const problem of problems.values()) expect(problem).toBeInstanceOf(ConfigError);
    return { profiles: [...profiles.values()], problems: problems.size };
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return { profiles: [], problems: 1 };
  }
}

it('S17 of any configuration only that is served which is safe: no port beyond loopback without a password, no odd name', () => {
  let [served, refused] = [0, 0];
  const property = fc.property(config, (written) => {
    const { profiles, problems } = servedBy(stringify(written as unknown as TomlTable));
    served += profiles.length;
    refused += problems;
    for (const { name, listen, localAuth, upstream, credential } of profiles) {
      expect(name).toMatch(/^[A-Za-z0-9][\w.-]{0,63}$/);
      if (localAuth !== 'password') expect(listen.every(isLocalOnly)).toBe(true);
      for (const address of listen) {
        if ('path' in address) expect(address.path).toMatch(/^\/.*\/\.s\.PGSQL\.[^/]*$/s);
        else expect(address.host === 'localhost' || isIP(address.host) > 0).toBe(true);
      }
      expect(upstream).toMatch(/^postgres/);
      if (credential.kind === 'oidc') expect(credential.issuer).not.toBe('http://login.example');
    }
  });
  fc.assert(property, { numRuns: 3_000 });
  // Guards the property itself: if all were refused, or none, it would show nothing.
  expect(served).toBeGreaterThan(300);
  expect(refused).toBeGreaterThan(300);
});
