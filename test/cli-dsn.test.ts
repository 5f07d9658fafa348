import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { has, programs, spawnProgram } from '@gprxy/testkit';
import pg from 'pg';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSquatter } from './cli-dsn/squatter.ts';
import { type SignedIn, startSignedIn } from './signed-in-shell.testing.ts';

const query = "select session_user || '@' || current_database() as who";
const answer = 'alice@corp.example@sales';
const java = new URL('cli-dsn/WhoAmI.java', import.meta.url).pathname;

let signedIn: SignedIn;
/** What belongs to the person's other servers, and must not reach the sidecar or who is there in its place. */
const elsewhere = { PGPASSWORD: 'hunter2', PGHOSTADDR: '192.0.2.1', PGSERVICE: 'other' };

beforeAll(async () => {
  signedIn = await startSignedIn();
});
afterAll(() => signedIn[Symbol.asyncDispose]());

/** For the tests of a `describe`. */
function serveAt(listen: string, localAuth = 'same-user'): void {
  let before = '';
  beforeAll(async () => {
    before = await readFile(configFile(), 'utf8');
    const lines = `listen = "${listen}"\nlocal_auth = "${localAuth}"`;
    await writeFile(configFile(), before.replace(/listen = .*/, lines));
    expect(await signedIn.shell.run('gprxy start --detach')).toMatchObject({ exitCode: 0 });
  });
  afterAll(async () => {
    await signedIn.shell.run('gprxy stop');
    await writeFile(configFile(), before);
  });
}

const configFile = () => join(signedIn.shell.home, 'config/gprxy/config.toml');

async function dsn(format: string): Promise<string> {
  const { exitCode, stdout } = await signedIn.shell.run(`gprxy dsn sales --for ${format}`);
  expect(exitCode).toBe(0);
  return stdout.trimEnd();
}

/** Runs a script of the person's own shell, with the environment of the person. */
async function sh(script: string, env: Record<string, string> = {}): Promise<{ stdout: string; stderr: string }> {
  const { shell } = signedIn;
  const { stdout, stderr } = await spawnProgram({ command: 'sh', args: ['-c', script], env: { ...shell.env, ...env } })
    .ended;
  return { stdout: stdout.trim(), stderr };
}

// Java knows no Unix sockets, and postgres.js cannot read their names in a URL.
describe.each([
  { listener: 'a port', listen: '127.0.0.1:0' },
  { listener: 'a Unix socket', listen: 'unix' },
])('gprxy dsn for $listener', ({ listen }) => {
  serveAt(listen);

  it.runIf(has.psql)('--for uri is what psql takes', async () => {
    expect(await sh(`psql -XAtc "${query}" '${await dsn('uri')}'`)).toEqual({ stdout: answer, stderr: '' });
  });

  it.each(['uri', 'node'])('--for %s is what node-postgres takes', async (format) => {
    const client = new pg.Client(await dsn(format));
    await client.connect();
    try {
      expect((await client.query(query)).rows).toEqual([{ who: answer }]);
    } finally {
      await client.end();
    }
  });

  it.runIf(has.psql)('--for psql is a line for the shell', async () => {
    const line = await dsn('psql');
    expect(await sh(`${line} -XAtc "${query}"`)).toEqual({ stdout: answer, stderr: '' });
  });

  it.runIf(has.psql)('--for pgservice is a section of the service file', async () => {
    const file = join(signedIn.shell.home, 'service.conf');
    await writeFile(file, `${await dsn('pgservice')}\n`);
    const psql = `psql -XAtc "${query}" service=default`;
    expect(await sh(psql, { PGSERVICEFILE: file })).toEqual({ stdout: answer, stderr: '' });
  });

  it.runIf(has.psycopg2)('--for python is what psycopg2 takes', async () => {
    const script = `import psycopg2, sys; c = psycopg2.connect(sys.argv[1]).cursor(); c.execute(sys.argv[2]); print(c.fetchone()[0])`;
    const args = ['-c', script, await dsn('python'), query];
    const { stdout, stderr } = await spawnProgram({ command: programs.python, args, env: signedIn.shell.env }).ended;
    expect({ stdout, stderr }).toEqual({ stdout: `${answer}\n`, stderr: '' });
  });

  it.runIf(has.psql)('--for env is for eval in a shell, whatever was set there before', async () => {
    const script = `eval "$DSN"; psql -XAtc "${query}"`;
    expect(await sh(script, { ...elsewhere, DSN: await dsn('env') })).toEqual({ stdout: answer, stderr: '' });
  });
});

describe('gprxy dsn for clients that need a port', () => {
  serveAt('127.0.0.1:0');

  it('--for uri is what postgres.js takes', async () => {
    const sql = postgres(await dsn('uri'));
    try {
      expect([...(await sql.unsafe(query))]).toEqual([{ who: answer }]);
    } finally {
      await sql.end();
    }
  });

  it.runIf(has.jdbc && has.psycopg2)('--for jdbc, datagrip and dbeaver are where pgjdbc is the person', async () => {
    const urls = [await dsn('jdbc'), await dataGripUrl(), await dbeaverUrl()];
    expect(await whoIsAt(urls)).toEqual([answer, answer, answer]);
  });
});

async function whoIsAt(jdbcUrls: readonly string[], env: Record<string, string> = {}): Promise<string[]> {
  const args = ['-cp', programs.jdbcDriver, java, ...jdbcUrls];
  const { stdout, stderr } = await spawnProgram({ command: 'java', args, env: { ...signedIn.shell.env, ...env } })
    .ended;
  return (stdout.trim() || stderr).split('\n');
}

/** Out of the text that DataGrip reads from the clipboard, by an XML parser. */
async function dataGripUrl(): Promise<string> {
  const [head, name, begin, source, end] = (await dsn('datagrip')).split('\n');
  expect([head, begin, end]).toEqual(['#DataSourceSettings#', '#BEGIN#', '#END#']);
  expect(name).toBe('#LocalDataSource: gprxy default sales');
  const read =
    'import sys, xml.etree.ElementTree as e; t = e.fromstring(sys.argv[1]); print(t.get("name"), t.findtext("jdbc-url"))';
  const { stdout } = await spawnProgram({ command: programs.python, args: ['-c', read, source ?? ''] }).ended;
  expect(stdout).toMatch(/^gprxy default sales jdbc:/);
  return stdout.trim().split(' ').at(-1) ?? '';
}

/** Out of DBeaver's command line, as DBeaver takes it apart and puts its URL together. */
async function dbeaverUrl(): Promise<string> {
  const line = (await dsn('dbeaver')).split('\n').at(-1) ?? '';
  const { stdout } = await sh(`dbeaver() { printf %s "$2"; }; ${line}`);
  const parts = Object.fromEntries(stdout.split('|').map((part) => part.split('=', 2) as [string, string]));
  expect(parts).toMatchObject({ driver: 'postgres-jdbc', name: 'default', database: 'sales', user: 'me' });
  return `jdbc:postgresql://${parts.host}:${parts.port}/${parts.database}?user=${parts.user}`;
}

describe('gprxy dsn for a port that asks for a password', () => {
  serveAt('127.0.0.1:0', 'password');
  const passwordFile = () => join(signedIn.shell.home, 'state/pgpass');

  it('says where the password is, and never what it is', async () => {
    const { stdout, stderr } = await signedIn.shell.run('gprxy dsn sales --for jdbc');
    expect(stderr).toContain(`PGPASSFILE=${passwordFile()}`);
    const password = (await readFile(passwordFile(), 'utf8')).trim().split(':').at(-1) ?? '';
    expect(password).toMatch(/^[\w-]{43}$/);
    expect(stdout + stderr).not.toContain(password);
  });

  it.runIf(has.psql)('the forms for libpq name its file', async () => {
    const services = join(signedIn.shell.home, 'service.conf');
    await writeFile(services, `${await dsn('pgservice')}\n`);
    const lines = [
      `${await dsn('psql')} -XAtc "${query}"`,
      `PGSERVICEFILE=${services} psql -XAtc "${query}" service=default`,
      `psql -XAtc "${query}" "${await dsn('python')}"`,
      `${await dsn('env')}\npsql -XAtc "${query}"`,
      `PGPASSFILE=${passwordFile()} psql -XAtc "${query}" '${await dsn('uri')}'`,
    ];
    for (const line of lines) expect(await sh(line), line).toEqual({ stdout: answer, stderr: '' });
  });

  it.runIf(has.jdbc)('pgjdbc finds it by PGPASSFILE', async () => {
    expect(await whoIsAt([await dsn('jdbc')], { PGPASSFILE: passwordFile() })).toEqual([answer]);
  });

  it.runIf(has.psql)('gprxy psql and gprxy exec need not be told', async () => {
    const { shell } = signedIn;
    const expected = { exitCode: 0, stdout: `${answer}\n`, stderr: '' };
    expect(await shell.run(`gprxy psql sales -XAtc "${query}"`)).toEqual(expected);
    expect(await shell.run(`gprxy exec sales -- psql -XAtc "${query}"`)).toEqual(expected);
    // On standard error node-postgres says that it will not look for PGPASSFILE by itself any more in its next version.
    const node = `const c = new (require('pg').Client)(); c.connect().then(() => c.query(process.argv[1])).then((r) => { console.log(r.rows[0].who); return c.end(); })`;
    const env = { NODE_PATH: join(import.meta.dirname, '../node_modules') };
    const { exitCode, stdout } = await shell.run(`gprxy exec sales -- node -e "${node}" "${query}"`, env);
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: `${answer}\n` });
  });
});

describe.runIf(has.psql)('S16 a squatter on the port of a sidecar that has ended', () => {
  serveAt('127.0.0.1:0');

  it.each(['psql', 'pgservice', 'python', 'env'])('is sent no password of other servers: --for %s', async (format) => {
    const { shell } = signedIn;
    await using squatter = await startSquatter();
    const pgpass = join(shell.home, '.pgpass');
    await writeFile(pgpass, '*:*:*:*:hunter2\n');
    await chmod(pgpass, 0o600);
    const text = (await dsn(format)).replaceAll(/((?:port|PORT)=|localhost:)\d+/g, `$1${squatter.port}`);
    const file = join(shell.home, 'squatter.conf');
    await writeFile(file, `${text}\n`);
    const lines: Record<string, string> = {
      psql: `${text} -wXc 'select 1'`,
      pgservice: `PGSERVICEFILE=${file} psql -wXc 'select 1' service=default`,
      python: `psql -wXc 'select 1' "${text}"`,
      env: `. ${file}; psql -wXc 'select 1'`,
    };
    const { stderr } = await sh(lines[format] ?? '', format === 'env' ? elsewhere : {});
    expect(stderr).toMatch(/password|auth/);
    expect(squatter.heard()).toContain('sales');
    expect(squatter.heard()).not.toContain('hunter2');
  });

  it('would be sent one by a plain URL, so that the test above means something', async () => {
    await using squatter = await startSquatter();
    await sh(`psql -wXc 'select 1' postgresql://localhost:${squatter.port}/sales?sslmode=disable`);
    expect(squatter.heard()).toContain('hunter2');
  });
});
