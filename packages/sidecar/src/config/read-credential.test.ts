import type { CredentialSettings } from '@gprxy/credentials';
import { describe, expect, it } from 'vitest';
import { parseConfig } from './parse-config.ts';

const place = {
  path: '/home/alice/.config/gprxy/config.toml',
  homedir: '/home/alice',
  runtimeDirectory: '/run/user/1/gprxy',
};

function read(rows: string) {
  const text = `[profiles.prod]\nupstream = "postgresql://db.corp.example"\n${rows}\n`;
  const { profiles, problems } = parseConfig(text, place);
  return { profile: profiles.get('prod'), problem: problems.get('prod') };
}

const PROVIDER = 'issuer = "https://login.corp.example"\nclient_id = "job"\n';
const provider = { issuer: 'https://login.corp.example', clientId: 'job', scopes: [] };
const job = (rows: string) => `credential = "client-credentials"\n${PROVIDER}${rows}`;

describe('a profile says where its credential comes from', () => {
  const table: Array<[string, string, CredentialSettings, string]> = [
    [
      'a job with a secret in a file',
      job('client_secret_file = "job.secret"\naudience = "db"\nscopes = ["db:connect"]'),
      {
        kind: 'client-credentials',
        ...provider,
        audience: 'db',
        scopes: ['db:connect'],
        authentication: { kind: 'secret', secret: { kind: 'file', path: '/home/alice/.config/gprxy/job.secret' } },
      },
      '{sub}',
    ],
    [
      'a job with a secret in a variable',
      job('client_secret_env = "JOB_SECRET"'),
      {
        kind: 'client-credentials',
        ...provider,
        authentication: { kind: 'secret', secret: { kind: 'env', variable: 'JOB_SECRET' } },
      },
      '{sub}',
    ],
    [
      'a job with a key',
      job('private_key_file = "~/job.pem"\nprivate_key_id = "2026"'),
      {
        kind: 'client-credentials',
        ...provider,
        authentication: { kind: 'private-key', path: '/home/alice/job.pem', keyId: '2026' },
      },
      '{sub}',
    ],
    [
      'a job with a token of its platform',
      job('assertion_file = "/var/run/secrets/token"'),
      {
        kind: 'client-credentials',
        ...provider,
        authentication: { kind: 'assertion-file', path: '/var/run/secrets/token' },
      },
      '{sub}',
    ],
    [
      'a command of PATH',
      'credential = "exec"\ncommand = ["vault", "read", "-field=token", "db"]',
      { kind: 'exec', command: { argv: ['vault', 'read', '-field=token', 'db'], timeoutMs: 20_000 } },
      '{email}',
    ],
    [
      'a command next to the configuration',
      'credential = "exec"\ncommand = ["./token.sh"]\ncommand_timeout = "2m"\nuser = "{sub}"',
      { kind: 'exec', command: { argv: ['/home/alice/.config/gprxy/token.sh'], timeoutMs: 120_000 } },
      '{sub}',
    ],
    ['a file', 'credential = "file"\ntoken_file = "~/token"', { kind: 'file', path: '/home/alice/token' }, '{email}'],
    ['a variable', 'credential = "env"\ntoken_env = "CI_TOKEN"', { kind: 'env', variable: 'CI_TOKEN' }, '{email}'],
    [
      'a password in a file',
      'credential = "password"\nuser = "app"\npassword_file = "/run/secrets/db"',
      { kind: 'password', password: { kind: 'file', path: '/run/secrets/db' } },
      'app',
    ],
    [
      'a password in a variable',
      'credential = "password"\nuser = "app"\npassword_env = "DB_PASSWORD"',
      { kind: 'password', password: { kind: 'env', variable: 'DB_PASSWORD' } },
      'app',
    ],
    [
      'a password that a command prints',
      'credential = "password"\nuser = "app"\ncommand = ["pass", "db"]\ncommand_timeout = "5s"',
      { kind: 'password', password: { kind: 'command', command: { argv: ['pass', 'db'], timeoutMs: 5_000 } } },
      'app',
    ],
    [
      'Amazon RDS',
      'credential = "aws-rds-iam"\nuser = "app"\naws_region = "eu-west-1"\naws_profile = "prod"\naws_endpoint = "db.x.eu-west-1.rds.amazonaws.com:5433"',
      {
        kind: 'aws-rds-iam',
        region: 'eu-west-1',
        profile: 'prod',
        endpoint: { host: 'db.x.eu-west-1.rds.amazonaws.com', port: 5433 },
      },
      'app',
    ],
    [
      'Azure',
      'credential = "azure-entra"\nuser = "alice@corp.example"',
      {
        kind: 'azure-entra',
        identity: 'default',
        scope: 'https://ossrdbms-aad.database.windows.net/.default',
      },
      'alice@corp.example',
    ],
    [
      'Azure, by a managed identity',
      'credential = "azure-entra"\nuser = "app"\nazure_identity = "managed-identity"\nazure_client_id = "id"\nazure_tenant = "t"\nazure_authority = "https://login.chinacloudapi.cn"\nazure_scope = "https://ossrdbms-aad.database.chinacloudapi.cn/.default"',
      {
        kind: 'azure-entra',
        identity: 'managed-identity',
        clientId: 'id',
        tenantId: 't',
        authority: 'https://login.chinacloudapi.cn',
        scope: 'https://ossrdbms-aad.database.chinacloudapi.cn/.default',
      },
      'app',
    ],
    ['Google', 'credential = "gcp-cloud-sql"', { kind: 'gcp-cloud-sql' }, '{database_user}'],
    [
      'Google, by a key and as somebody else',
      'credential = "gcp-cloud-sql"\ngcp_key_file = "key.json"\ngcp_impersonate = "db@p.iam.gserviceaccount.com"',
      {
        kind: 'gcp-cloud-sql',
        keyFile: '/home/alice/.config/gprxy/key.json',
        impersonate: 'db@p.iam.gserviceaccount.com',
      },
      '{database_user}',
    ],
  ];
  it.each(table)('%s', (_, rows, credential, user) => {
    const { profile, problem } = read(rows);
    expect(problem?.message).toBeUndefined();
    expect(profile).toMatchObject({ credential, user });
    expect(profile?.credential).toEqual(credential);
  });

  it.each(['auto', 'device', 'browser'])('a login, and which way (%s)', (login) => {
    expect(read(`${PROVIDER}login = "${login}"`).profile?.credential).toMatchObject({ kind: 'oidc', login });
  });
});

describe('a profile whose keys do not go together', () => {
  // [what, rows from line 3 on, line, message]
  const table: Array<[string, string, number, RegExp]> = [
    ['a credential of another spelling', 'credential = "azure"', 3, /must be one of .*; did you mean "azure-entra"\?/],
    ['a credential that is no text', 'credential = 5', 3, /"credential" must be one of "oidc", /],
    [
      "another credential's key",
      `${PROVIDER}token_file = "x"`,
      5,
      /"token_file" goes with credential = "file", and this profile has credential = "oidc"/,
    ],
    [
      'a key of two other credentials',
      'credential = "file"\ntoken_file = "x"\ncommand = ["x"]',
      5,
      /"command" goes with credential = "exec" or credential = "password"/,
    ],
    ['a key misspelled', 'credential = "file"\ntokenfile = "x"', 4, /did you mean "token_file"\?/],
    ['a key missing', 'credential = "file"', 1, /"token_file" is missing from \[profiles\.prod\]/],
    [
      'no way to prove the client',
      job(''),
      3,
      /one of client_secret_file, client_secret_env, private_key_file, assertion_file is missing/,
    ],
    [
      'two ways to prove it',
      job('client_secret_env = "A"\nassertion_file = "b"'),
      7,
      /"assertion_file" cannot stand beside "client_secret_env"/,
    ],
    [
      'the name of a key without the key',
      job('client_secret_env = "A"\nprivate_key_id = "b"'),
      7,
      /"private_key_id" goes with "private_key_file"/,
    ],
    [
      'a command line',
      'credential = "exec"\ncommand = "vault read"',
      4,
      /must be a list such as .*: there is no shell/,
    ],
    ['an empty command', 'credential = "exec"\ncommand = []', 4, /must be a list such as/],
    ['a command with a NUL', 'credential = "exec"\ncommand = ["a", "\\u0000"]', 4, /holds a NUL/],
    [
      'no place of the password',
      'credential = "password"\nuser = "a"',
      3,
      /one of password_file, password_env, command is missing/,
    ],
    [
      'two places of the password',
      'credential = "password"\nuser = "a"\npassword_env = "A"\ncommand = ["b"]',
      6,
      /cannot stand beside/,
    ],
    [
      'a time for no command',
      'credential = "password"\nuser = "a"\npassword_env = "A"\ncommand_timeout = "1s"',
      6,
      /"command_timeout" goes with "command"/,
    ],
    ['a password for nobody', 'credential = "password"\npassword_env = "A"', 1, /"user" is missing/],
    [
      'a password for whoever it is',
      'credential = "password"\npassword_env = "A"\nuser = "{email}"',
      5,
      /"user" must be the name itself/,
    ],
    [
      'a signature for whoever it is',
      'credential = "aws-rds-iam"\nuser = "{email}"',
      4,
      /"user" must be the name itself/,
    ],
    [
      'an odd endpoint',
      'credential = "aws-rds-iam"\nuser = "a"\naws_endpoint = "https://x"',
      5,
      /must be an address such as/,
    ],
    ['an odd identity', 'credential = "azure-entra"\nuser = "a"\nazure_identity = "me"', 5, /must be "default", "cli"/],
    ['an odd login', `${PROVIDER}login = "sms"`, 5, /"login" must be "auto", "device" or "browser"/],
    [
      'a login for a job',
      `${job('client_secret_env = "A"')}\nlogin = "device"`,
      7,
      /"login" goes with credential = "oidc"/,
    ],
  ];
  it.each(table)('%s', (_, rows, line, message) => {
    const { problem } = read(rows);
    expect(problem?.message).toMatch(message);
    expect(problem?.line).toBe(line);
  });
});

describe('S18 a secret in the file is refused, and not repeated', () => {
  it.each([
    [
      'password',
      'credential = "password"\nuser = "a"\npassword = "hunter2-canary"',
      /password_file, password_env or command/,
    ],
    ['client_secret', job('client_secret = "hunter2-canary"'), /client_secret_file or client_secret_env/],
    ['token', 'credential = "file"\ntoken = "hunter2-canary"', /token_file or token_env/],
    [
      'a variable',
      'credential = "env"\ntoken_env = "eyJ.hunter2-canary"',
      /must be the name of an environment variable, not its value/,
    ],
  ])('%s', (_, rows, message) => {
    const { problem } = read(rows);
    expect(problem?.message).toMatch(message);
    expect(`${problem?.message} ${problem?.hint} ${problem?.stack}`).not.toContain('hunter2');
  });
});
