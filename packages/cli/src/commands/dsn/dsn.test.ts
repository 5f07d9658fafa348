import { describe, expect, it } from 'vitest';
import { prodProfile, runInWorld, runningStatus } from '../../dependencies.testing.ts';
import { parseArguments } from '../../parse-arguments.testing.ts';
import { dsnFormats } from './dsn-formats.ts';
import { formatDsn } from './format-dsn.ts';

const tcp = {
  endpoint: { host: 'localhost', port: 5433 },
  database: 'sales',
  profile: 'prod',
  passwordFile: '/state/pgpass',
};
const socket = { ...tcp, endpoint: { host: '/run/gprxy', port: 5432 } };

describe('dsn: arguments to options', () => {
  it.each([
    { args: [], options: { for: 'uri' } },
    { args: ['sales'], options: { for: 'uri', database: 'sales' } },
    { args: ['--json'], options: { for: 'uri', json: true } },
    {
      args: ['sales', '--for', 'jdbc', '--profile', 'prod'],
      options: { for: 'jdbc', database: 'sales', profile: 'prod' },
    },
  ])('reads $args', async ({ args, options }) => {
    expect(await parseArguments(['dsn', ...args])).toEqual({ command: 'dsn', options });
  });
});

describe('dsn: options to output', () => {
  it('prints the listener of the running sidecar', async () => {
    const status = runningStatus([{ address: '127.0.0.1:6543' }]);
    const { exitCode, stdout, stderr } = await runInWorld(['dsn', 'sales'], { config: prodProfile, status });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toBe('postgresql://localhost:6543/sales?sslmode=disable\n');
  });

  it('prints the configured listener, the database of the upstream, and a warning where no sidecar runs', async () => {
    const { exitCode, stdout, stderr } = await runInWorld(['dsn'], { config: prodProfile });
    expect({ exitCode, stdout }).toEqual({
      exitCode: 0,
      stdout: 'postgresql://localhost:5433/sales?sslmode=disable\n',
    });
    expect(stderr).toContain('gprxy start --detach');
  });

  it('prints versioned JSON', async () => {
    const { stdout } = await runInWorld(['dsn', '--for', 'jdbc', '--json'], { config: prodProfile });
    expect(JSON.parse(stdout)).toEqual({
      version: 1,
      profile: 'prod',
      for: 'jdbc',
      dsn: 'jdbc:postgresql://localhost:5433/sales?sslmode=disable',
      host: 'localhost',
      port: 5433,
      database: 'sales',
      passwordFile: null,
      running: false,
    });
  });

  it.each([[['--for', 'mongodb']], [['a', 'b']], [['--nonsense']]])('refuses %j with exit code 2', async (args) => {
    const { exitCode, stdout, stderr } = await runInWorld(['dsn', ...args], { config: prodProfile });
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain('Run "gprxy dsn --help".');
  });

  it('ends with 3 for a profile that listens nowhere', async () => {
    const config = prodProfile.replace(/listen.*\n/, '');
    const { exitCode, stderr } = await runInWorld(['dsn'], { config });
    expect(exitCode).toBe(3);
    expect(stderr).toContain('listen = "127.0.0.1:5433"');
  });

  it.each(dsnFormats)('S16 has no secret in the form for %s', async (format) => {
    const { stdout } = await runInWorld(['dsn', '--for', format], { config: prodProfile });
    expect(stdout).not.toMatch(/token|password=(?!true)/i);
    expect(stdout).not.toContain('access-token-of-alice');
  });
});

describe('the forms of a DSN', () => {
  it.each([
    { format: 'uri', target: tcp, line: 'postgresql://localhost:5433/sales?sslmode=disable' },
    { format: 'uri', target: socket, line: 'postgresql:///sales?host=%2Frun%2Fgprxy&port=5432&sslmode=disable' },
    { format: 'node', target: tcp, line: 'postgresql://me@localhost:5433/sales?sslmode=disable' },
    {
      format: 'node',
      target: socket,
      line: 'postgresql:///sales?host=%2Frun%2Fgprxy&port=5432&user=me&sslmode=disable',
    },
    {
      format: 'psql',
      target: tcp,
      line: "psql 'postgresql://localhost:5433/sales?sslmode=disable&passfile=%2Fstate%2Fpgpass'",
    },
    {
      format: 'python',
      target: tcp,
      line: 'host=localhost port=5433 dbname=sales sslmode=disable passfile=/state/pgpass',
    },
    { format: 'dbeaver', target: tcp, line: 'Port            5433' },
    { format: 'jdbc', target: tcp, line: 'jdbc:postgresql://localhost:5433/sales?sslmode=disable' },
    { format: 'pgservice', target: tcp, line: '[prod]' },
    { format: 'env', target: tcp, line: 'export PGPORT=5433' },
  ] as const)('$format', ({ format, target, line }) => {
    expect(formatDsn(format, target)).toContain(line);
  });

  it('quote odd database names in the way of each form', () => {
    const odd = { ...tcp, database: "o'dd db" };
    expect(formatDsn('uri', odd)[0]).toContain("/o'dd%20db?".replace("'", '%27'));
    expect(formatDsn('python', odd)[0]).toContain("dbname='o\\'dd db'");
    expect(formatDsn('env', odd)).toContain("export PGDATABASE='o'\\''dd db'");
  });

  it('do not let a database name add a parameter for DBeaver', () => {
    expect(() => formatDsn('dbeaver', { ...tcp, database: 'sales|host=evil.example' })).toThrow('DBeaver');
  });

  it('tell that Java has no Unix sockets', () => {
    expect(() => formatDsn('jdbc', socket)).toThrow('Unix socket');
  });
});

describe('S16 dsn of a listener that asks for a password', () => {
  const config = prodProfile.replace('listen', 'local_auth = "password"\nlisten');
  const status = runningStatus([{ localAuth: 'password', passwordFile: '/state/pgpass' }]);

  it.each(['uri', 'env', 'psql', 'jdbc'])('names the file and not the password, for %s', async (client) => {
    const { stdout, stderr } = await runInWorld(['dsn', '--for', client], { config, status });
    expect(stderr).toContain('It asks for a password, a new one each time that gprxy starts: PGPASSFILE=/state/pgpass');
    expect(stdout).not.toMatch(/password=/);
    if (client === 'env') expect(stdout).toContain('PGREQUIREAUTH=scram-sha-256');
  });

  it('does so before it runs', async () => {
    const { stderr } = await runInWorld(['dsn'], { config });
    expect(stderr).toMatch(/asks for a password.*pgpass/);
  });
});
