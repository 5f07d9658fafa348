import { describe, expect, it } from 'vitest';
import { ConfigError } from './config/config-error.ts';
import { CONFIG_TEXT, configOf } from './config.testing.ts';
import { type ConfigSource, loadConfig } from './config.ts';

const SECRET = 'hunter2-hunter2';

function errorOf(text: string, source: Partial<ConfigSource> = {}): ConfigError {
  try {
    configOf(text, source);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('the file was accepted');
}

const replaced = (from: string, to: string) => {
  if (!CONFIG_TEXT.includes(from)) throw new Error(`not in the file: ${from}`);
  return CONFIG_TEXT.replace(from, to);
};
const withTop = (line: string) => `${line}\n${CONFIG_TEXT}`;
const upstream = (dsn: string) => replaced('postgresql://db.corp.example/sales?sslrootcert=ca.crt', dsn);
const identity = (value: string) => replaced('mode = "login", backend_auth = "cert"', value);
const secondDatabase = (dsn: string) =>
  `${CONFIG_TEXT}\n[databases.hr]\nupstream = "${dsn}"\nidentity = { mode = "login", backend_auth = "cert", cert = "a", key = "b" }`;

describe('a right file', () => {
  it('has safe defaults', () => {
    const config = configOf(CONFIG_TEXT);
    expect(config).toMatchObject({
      listen: [{ host: '127.0.0.1', port: 6432 }],
      tls: undefined,
      auth: ['password', 'oauthbearer'],
      authenticationTimeoutMs: 10_000,
      audit: { sink: 'stdout', onFailure: 'deny' },
    });
    expect(config.issuers[0]).toMatchObject({
      algorithms: ['RS256', 'ES256'],
      types: ['at+jwt'],
      clockSkewMs: 30_000,
      missingGroups: 'refuse',
      trustUnverifiedEmail: false,
    });
    expect(config.databases.get('sales')?.startup).toEqual({
      allow: new Set(['*']),
      deny: new Set(),
      replication: false,
    });
  });

  it('takes paths relative to itself', () => {
    const config = configOf(
      `state_directory = "state"\n[tls]\ncert = "tls/a.crt"\nkey = "/keys/a.key"\n${CONFIG_TEXT}`
        .replace('listen = "127.0.0.1:6432"\n', '')
        .replace('state_directory', 'listen = "0.0.0.0:1"\nstate_directory'),
    );
    expect(config.tls).toEqual({ certFile: '/etc/gprxy/tls/a.crt', keyFile: '/keys/a.key' });
    expect(config.stateDirectory).toBe('/etc/gprxy/state');
    expect(config.databases.get('sales')).toMatchObject({
      certFile: '/etc/gprxy/gw.crt',
      caFile: '/etc/gprxy/ca.crt',
    });
  });

  it('takes values from the environment', () => {
    const config = configOf(upstream('env:SALES_URL'), {
      env: { SALES_URL: 'postgresql://h:7/x?sslmode=verify-full' },
    });
    expect(config.databases.get('sales')).toMatchObject({ upstream: { host: 'h', port: 7 }, upstreamDatabase: 'x' });
  });
});

describe('a wrong file is refused with its line', () => {
  it.each<[name: string, text: string, line: number | undefined, message: RegExp]>([
    ['no TOML', 'listen = [', 1, /not valid TOML/],
    ['an unknown key', withTop('lisen = 1'), 1, /"lisen" is not a known key; did you mean "listen"\?/],
    [
      'an unknown key in a table',
      replaced('audience', 'audiance'),
      5,
      /"issuers\[1\].audiance" .* did you mean "audience"\?/,
    ],
    ['a misspelt match', replaced('groups =', 'group ='), 12, /"rules\[1\].match.group" .* did you mean "groups"\?/],
    ['a pool', replaced('upstream', 'pool = { max = 3 }\nupstream'), 8, /"databases.sales.pool" is not supported yet/],
    ['client_ca', `${CONFIG_TEXT}[tls]\ncert="a"\nkey="b"\nclient_ca="c"`, 17, /"tls.client_ca" is not supported yet/],
    ['a crl', `${CONFIG_TEXT}[tls]\ncert="a"\nkey="b"\ncrl="c"`, 17, /"tls.crl" is not supported yet/],
    ['applications', `${CONFIG_TEXT}[[applications]]\n`, 14, /"applications" is not supported yet/],
    ['a grant', `${CONFIG_TEXT}grant = ["reporting"]`, 14, /"rules\[1\].grant" is not supported yet/],
    ['no issuers', 'listen="127.0.0.1:1"\nissuers=[]\nrules=[]\n[databases]', 2, /at least one issuer/],
    ['an unset variable', upstream('env:NOPE'), 8, /environment variable NOPE, which is not set/],
    ['a public listener without TLS', replaced('127.0.0.1', '0.0.0.0'), 1, /without \[tls\] only loopback/],
    ['a name for a listener without TLS', replaced('127.0.0.1', 'db.corp.example'), 1, /without \[tls\]/],
    ['no port', replaced('127.0.0.1:6432', '127.0.0.1'), 1, /no address/],
    ['symmetric signatures', replaced('audience =', 'algorithms = ["HS256"]\naudience ='), 5, /"none" and HS\*/],
    ['no signatures', replaced('audience =', 'algorithms = ["none"]\naudience ='), 5, /"none" and HS\*/],
    ['an http issuer', replaced('https://login', 'http://login'), 4, /http:\/\/ is for loopback/],
    [
      'an issuer twice',
      `${CONFIG_TEXT}[[issuers]]\nissuer = "https://login.corp.example"\naudience = "x"`,
      15,
      /twice/,
    ],
    [
      'scopes beyond what clients read',
      replaced('audience =', `required_scopes = ["${'x'.repeat(2_000)}"]\naudience =`),
      3,
      /more scopes, or a longer URL, than clients read/,
    ],
    ['a skew over 60 s', replaced('audience =', 'clock_skew = "61s"\naudience ='), 5, /at most "60s"/],
    [
      'set-role',
      identity('mode = "set-role", backend_auth = "cert"'),
      9,
      /"set-role" is not supported: .*"login" only/,
    ],
    ['oauth', identity('mode = "login", backend_auth = "oauth"'), 9, /"oauth" is not supported: .*"cert" only/],
    ['sslmode=disable', upstream('postgresql://h/d?sslmode=disable'), 8, /sslmode=disable/],
    ['sslmode=require', upstream('postgresql://h/d?sslmode=require'), 8, /sslmode=require/],
    ['a password', upstream('postgresql://u:p@h/d'), 8, /holds a password/],
    ['a denylisted user', upstream('postgresql://Postgres@h/d'), 8, /privileged user/],
    ['the same user twice', secondDatabase('postgresql://gw@h2/d').replace('//db.', '//gw@db.'), 16, /same user/],
    ['an empty match', replaced('groups = ["data-eng"]', ''), 12, /is empty/],
    ['an empty list in a match', replaced('["data-eng"]', '[]'), 12, /must be a group/],
    ['anyone and somebody', replaced('groups =', 'anyone = true, groups ='), 12, /one of the two/],
    ['an unknown database in a rule', `${CONFIG_TEXT}databases = ["nope"]`, 14, /\[databases.nope\]/],
    ['a denylisted role', replaced('{email}', 'postgres'), 13, /privileged role "postgres"/],
    ['a role of PostgreSQL', replaced('{email}', 'pg_monitor'), 13, /reserved/],
    ['a role of 64 bytes', replaced('{email}', 'x'.repeat(64)), 13, /63 bytes/],
    ['a broken template', replaced('{email}', '{email'), 13, /no template/],
    ['a setting without a dot', `${CONFIG_TEXT}[settings]\nrole = "{email}"`, 15, /such as "app.user"/],
    ['a public admin address', `${CONFIG_TEXT}[admin]\nlisten = "0.0.0.0:9"`, 15, /loopback/],
    ['an audit file without a path', `${CONFIG_TEXT}[audit]\nsink = "file"`, 14, /no "path"/],
  ])('%s', (_name, text, line, message) => {
    const error = errorOf(text);
    expect(error.message).toMatch(message);
    expect(error.line).toBe(line);
    expect(error.message).toContain(`/etc/gprxy/gateway.toml:${line}`);
  });

  it('names a privileged role when the file does', () => {
    const text = `allow_privileged_logins = ["postgres"]\n${replaced('{email}', 'postgres')}`;
    expect(configOf(text).rules[0]?.role.literal).toBe('postgres');
  });

  it('says that a file is not there', () => {
    const readFile = () => {
      throw Object.assign(new Error('x'), { code: 'ENOENT' });
    };
    expect(() => loadConfig({ path: '/no', env: {}, readFile })).toThrow('/no: cannot be read (ENOENT)');
  });
});

describe('administrator credentials', () => {
  it.each(['DATABASE_ROOT_URL', 'POSTGRES_ROOT_PASSWORD', 'POSTGRES_ROOT_USER'])(
    'refuses to run next to %s',
    (name) => {
      const error = errorOf(CONFIG_TEXT, { env: { [name]: SECRET } });
      expect(error.message).toContain(`${name} is in the environment`);
      expect(`${error.message}${error.hint}`).not.toContain(SECRET);
    },
  );

  it('lets provision have them', () => {
    const source = { env: { DATABASE_ROOT_URL: 'x' }, allowRootCredentials: true };
    expect(configOf(CONFIG_TEXT, source).path).toBe('/etc/gprxy/gateway.toml');
  });
});

describe('passwords', () => {
  it.each([
    upstream(`postgresql://gw:${SECRET}@db/sales`),
    upstream(`postgresql://gw:${SECRET}@db/sales?sslmode=require`),
    upstream(`postgresql://gw:${SECRET}@db:x/sales`),
    upstream(`gw:${SECRET}@db/sales`),
    withTop(`listne = "${SECRET}"`),
    replaced('upstream =', `upstraem = "postgresql://gw:${SECRET}@db/sales"\nupstream =`),
    `${upstream(`postgresql://gw:${SECRET}@db/sales`)}\nbroken = [`,
  ])('are in no message (%#)', (text) => {
    const error = errorOf(text);
    expect(`${error.message} ${error.hint} ${error.stack}`).not.toContain(SECRET);
  });
});
