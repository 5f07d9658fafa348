import { describe, expect, it } from 'vitest';
import { ConfigError } from './config-error.ts';
import { parseConfig } from './parse-config.ts';

const place = {
  path: '/home/alice/.config/gprxy/config.toml',
  homedir: '/home/alice',
  runtimeDirectory: '/run/user/1/gprxy',
};
const REQUIRED = `issuer = "https://login.corp.example"
client_id = "gprxy-cli"
upstream = "postgresql://gateway.corp.example:6432"
`;
const withProd = (rows: string) => `[profiles.prod]\n${REQUIRED}${rows}\n`;

describe('a profile that can be used', () => {
  const table: Array<[string, string, object]> = [
    [
      'gets the documented defaults',
      '',
      {
        name: 'prod',
        upstream: 'postgresql://gateway.corp.example:6432',
        listen: [],
        localAuth: 'same-user',
        user: '{email}',
        credential: {
          kind: 'oidc',
          login: 'auto',
          issuer: 'https://login.corp.example',
          clientId: 'gprxy-cli',
          scopes: ['openid', 'email', 'offline_access'],
        },
        drainTimeoutMs: 10_000,
        maxConnections: 200,
      },
    ],
    ['listens on an IPv4 port', 'listen = "127.0.0.1:5433"', { listen: [{ host: '127.0.0.1', port: 5433 }] }],
    ['listens on an IPv6 port', 'listen = "[::1]:5433"', { listen: [{ host: '::1', port: 5433 }] }],
    ['listens where localhost is', 'listen = "localhost:0"', { listen: [{ host: 'localhost', port: 0 }] }],
    ['listens on its own socket', 'listen = "unix"', { listen: [{ path: '/run/user/1/gprxy/prod/.s.PGSQL.5432' }] }],
    [
      'listens in a directory that is named',
      'listen = "unix:~/pg"',
      { listen: [{ path: '/home/alice/pg/.s.PGSQL.5432' }] },
    ],
    ['listens on a socket that is named', 'listen = "unix:/s/.s.PGSQL.1"', { listen: [{ path: '/s/.s.PGSQL.1' }] }],
    [
      'listens on several',
      'listen = ["127.0.0.1:1", "unix:/s"]',
      {
        listen: [{ host: '127.0.0.1', port: 1 }, { path: '/s/.s.PGSQL.5432' }],
      },
    ],
    [
      'finds a CA file next to the configuration',
      'ca_file = "ca.pem"',
      { credential: { caFile: '/home/alice/.config/gprxy/ca.pem' } },
    ],
    ['finds a CA file at home', 'ca_file = "~/ca.pem"', { credential: { caFile: '/home/alice/ca.pem' } }],
    ['drains as long as it is told', 'drain_timeout = "2m"', { drainTimeoutMs: 120_000 }],
    [
      'takes an audience and a resource',
      'audience = "a"\nresource = "r"',
      { credential: { audience: 'a', resource: 'r' } },
    ],
    ['trusts local users when told so', 'local_auth = "trust"', { localAuth: 'trust' }],
  ];
  it.each(table)('%s', (_, rows, expected) => {
    const { profiles, problems } = parseConfig(withProd(rows), place);
    expect([...problems.values()]).toEqual([]);
    expect(profiles.get('prod')).toMatchObject(expected);
  });

  it('accepts an http issuer on loopback only', () => {
    const local = withProd('').replace('https://login.corp.example', 'http://127.0.0.1:4000');
    expect(parseConfig(local, place).profiles.has('prod')).toBe(true);
  });
});

describe('a profile that cannot be used', () => {
  it.each(['gateway.example:6432', 'mysql://gateway.example', 'host=gateway.example'])('has the upstream %s', (dsn) => {
    const { problems } = parseConfig(withProd('').replace(/postgresql:[^"]*/, dsn), place);
    expect(problems.get('prod')?.message).toMatch(/:4: "upstream" must be a connection string such as "postgresql:/);
    expect(problems.get('prod')?.hint).toBe('Correct that line, then run "gprxy doctor".');
  });

  // [what, the rows behind the three required ones (line 5 on), line, message]
  const table: Array<[string, string, number, RegExp]> = [
    [
      'has an unknown key',
      'lissten = "unix"',
      5,
      /unknown key "lissten" in \[profiles\.prod\]; did you mean "listen"\?/,
    ],
    ['has a key of another spelling', 'clientId = "x"', 5, /did you mean "client_id"\?/],
    ['has a key nothing is near', 'zzzz = 1', 5, /unknown key "zzzz".*known are issuer, client_id/],
    ['has a number for a text', 'audience = 5', 5, /"audience" must be a text in quotes/],
    ['has a text for a list', 'scopes = "openid"', 5, /"scopes" must be a list of words in quotes/],
    ['has a number in a list', 'scopes = ["openid", 5]', 5, /"scopes" must be a list of words in quotes/],
    ['S17 listens on every address', 'listen = "0.0.0.0:5433"', 5, /"0\.0\.0\.0" can be reached from other machines/],
    ['S17 listens on every IPv6 address', 'listen = "[::]:5433"', 5, /"::" can be reached from other machines/],
    ['S17 listens on a mapped address', 'listen = "[::ffff:10.0.0.1]:5433"', 5, /can be reached from other machines/],
    ['S17 listens on a name', 'listen = "db.corp.example:5433"', 5, /can be reached from other machines/],
    ['listens on no address', 'listen = "5433"', 5, /"5433" is not an address/],
    ['listens on a port that is none', 'listen = "127.0.0.1:70000"', 5, /ports end at 65535/],
    ['listens on a relative socket', 'listen = "unix:tmp"', 5, /must be absolute/],
    [
      'trusts in something unknown',
      'local_auth = "none"',
      5,
      /"local_auth" must be "same-user", "password" or "trust"/,
    ],
    [
      'asks for odd local authentication',
      'local_auth = "ident"',
      5,
      /"local_auth" must be "same-user", "password" or "trust"/,
    ],
    ['has a template without a claim', 'user = "{}"', 5, /"user" must name a claim in braces/],
    ['has a template with half a brace', 'user = "{email"', 5, /"user" has a brace without its partner/],
    ['has another credential', 'credential = "aws"', 5, /"credential" must be one of "oidc", "client-credentials", /],
    ['has a number for a duration', 'drain_timeout = 30', 5, /"drain_timeout" must be a duration such as "30s"/],
    ['has a duration without a unit', 'drain_timeout = "30"', 5, /"drain_timeout" must be a duration such as "30s"/],
    ['has no connection to give', 'max_connections = 0', 5, /"max_connections" must be at least 1/],
    ['has an unknown table', '[profiles.prod.extra]\na = 1', 5, /unknown key "extra"/],
  ];
  it.each(table)('%s', (_, rows, line, message) => {
    const { profiles, problems } = parseConfig(withProd(rows), place);
    const problem = problems.get('prod');
    expect(problem).toBeInstanceOf(ConfigError);
    expect(problem?.message).toMatch(message);
    expect(problem?.line).toBe(line);
    expect(profiles.size).toBe(0);
  });

  it('lacks a required key, and is pointed at by the line of its table', () => {
    const problem = parseConfig('\n[profiles.prod]\nclient_id = "x"\n', place).problems.get('prod');
    expect(problem?.message).toBe(`${place.path}:2: "issuer" is missing from [profiles.prod]`);
  });

  it('has an http issuer elsewhere', () => {
    const text = withProd('').replace('https:', 'http:');
    expect(parseConfig(text, place).problems.get('prod')?.message).toMatch(/:2: "issuer" must be an https:/);
  });

  it('has a name that does not fit in a path', () => {
    const text = withProd('').replace('profiles.prod', 'profiles."../x"');
    expect(parseConfig(text, place).problems.get('../x')?.message).toMatch(/:1: .*cannot be a profile name/);
  });

  it('does not stop the others', () => {
    const text = `${withProd('')}[profiles.bad]\nissuer = 5\n`;
    const { profiles, problems } = parseConfig(text, place);
    expect([...profiles.keys()]).toEqual(['prod']);
    expect([...problems.keys()]).toEqual(['bad']);
  });
});

describe('a file that cannot be used', () => {
  const table: Array<[string, string, RegExp]> = [
    ['is not TOML', 'a = 1\nb =\n', /config\.toml:2: not valid TOML: /],
    [
      'has an unknown key',
      `defualt_profile = "prod"\n${withProd('')}`,
      /:1: unknown key "defualt_profile"; did you mean "default_profile"\?/,
    ],
    ['has an unknown table', '[profile.prod]\n', /:1: unknown key "profile"; did you mean "profiles"\?/],
    ['has profiles without names', '[[profiles]]\n', /:1: "profiles" must be tables such as \[profiles\.prod\]/],
    [
      'has a default that is not there',
      `default_profile = "prd"\n${withProd('')}`,
      /:1: there is no profile "prd"; did you mean "prod"\?/,
    ],
    ['has a default of another type', 'default_profile = 1', /:1: "default_profile" must be the name of a profile/],
  ];
  it.each(table)('%s', (_, text, message) => {
    expect(() => parseConfig(text, place)).toThrow(message);
  });

  it('keeps what the file says out of the message', () => {
    expect(() => parseConfig('upstream = "postgresql://u:secret@h"\nx = = "secret"', place)).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('secret') }),
    );
  });
});
