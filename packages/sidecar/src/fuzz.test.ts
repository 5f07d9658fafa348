import { GprxyError } from '@gprxy/proxy-core';
import { describe, expect, it } from 'vitest';
import { FUZZ_RUNS, fuzz } from '../../proxy-core/src/fuzz.testing.ts';
import { passwordIn } from './client/password-file.ts';
import { ConfigError } from './config/config-error.ts';
import { parseConfig } from './config/parse-config.ts';
import { knownKeys } from './route/known-hosts.ts';
import { parseRoute } from './route/route.ts';
import { userFromTemplate, userTemplateProblem } from './upstream/user-template.ts';

const CONFIG = `default_profile = "prod"
[profiles.prod]
issuer = "https://login.example"
client_id = "gprxy-cli"
upstream = "postgresql://db.example/sales"
listen = ["127.0.0.1:5433", "unix"]
via = "ssh://me@jump.example"
user = "{email}"
drain_timeout = "5s"
`;
const place = { path: '/c/config.toml', homedir: '/home/a', runtimeDirectory: '/run/a' };
const KNOWN_HOSTS = `jump.example,*.corp.? ssh-ed25519 AAAAC3Nz
|1|c2FsdA==|aGFzaA== ssh-rsa AAAA
@revoked [*]:2222,!a.b ssh-rsa AAAA
`;
const identity = { issuer: 'https://login.example', subject: 'u', email: 'a@b.example', claims: { tenant: 'x' } };

/** A configuration that cannot be used is a result; whatever is wrong with one profile is in its problems. */
function readConfig(bytes: Buffer): void {
  try {
    parseConfig(bytes.toString(), place);
  } catch (error) {
    if (error instanceof ConfigError) throw new GprxyError(error.message, { code: 'ERR_CONFIG', cause: error });
    throw error;
  }
}

function fillTemplate(bytes: Buffer): void {
  const template = bytes.toString();
  if (userTemplateProblem(template) !== undefined) throw new GprxyError('refused', { code: 'ERR_CONFIG' });
  userFromTemplate(template, identity, 'prod');
}

describe('S25 fuzzing', { timeout: 120_000 + FUZZ_RUNS / 10 }, () => {
  it.each<[string, string, (bytes: Buffer) => unknown]>([
    ['configuration', CONFIG, readConfig],
    ['known_hosts', KNOWN_HOSTS, (bytes) => knownKeys(bytes.toString(), 'jump.example', 22)],
    ['via', 'ssh://m%65@jump.example:22', (bytes) => parseRoute(bytes.toString())],
    [
      'password files',
      'a\\:b:5433:*:*:se\\\\cret\n*:1:*:*:x\n',
      (bytes) => passwordIn(bytes.toString(), { host: 'a:b', port: 5433 }),
    ],
    ['user templates', '{email}-{tenant}_{sub}', fillTemplate],
  ])('%s', (_, seed, parse) => {
    expect(fuzz([Buffer.from(seed)], parse)).toBeGreaterThan(FUZZ_RUNS / 100);
  });
});

it('a pattern of many stars in known_hosts does not take for ever', () => {
  const line = `${'*a'.repeat(40)}b ssh-ed25519 AAAA`;
  expect(knownKeys(line, 'a'.repeat(250), 22)).toEqual([]);
});

it('a user name in "via" with a lone percent sign is a problem that is named', () => {
  expect(() => parseRoute('ssh://m%zz@jump.example')).toThrow(/"%" in its user name/);
});
