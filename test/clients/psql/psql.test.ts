import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { has, temporaryDirectory } from '@gprxy/testkit';
import { describe, expect, it } from 'vitest';
import { postgresVersions, useStack } from '../both-routes.ts';
import { failingStatements } from '../failing-statements.ts';
import { libpqEnvironment } from '../route.ts';
import { psql, shown } from './psql.ts';
import { CTRL_C, Terminal } from './terminal.ts';

const MIB = 1024 * 1024;

describe.runIf(has.psql).each(postgresVersions)('psql through sidecar and gateway to PostgreSQL %i', (version) => {
  const both = useStack({ version });
  const same = (script: string, options: Parameters<typeof psql>[2] = {}) =>
    both.same(async (route) => shown(await psql(route, script, options)));

  it('shows rows, tags, notices and errors with every field', async () => {
    const { stdout, stderr } = await same(`
      \\set ECHO all
      select * from items order by id;
      create temp table t (x int); insert into t values (1), (2); update t set x = 0; delete from t; drop table t;
      drop table if exists no_such_table;
      do $$ begin raise warning 'careful' using detail = 'd', hint = 'h'; end $$;
      ${failingStatements.map((statement) => `${statement};`).join('\n')}
      \\errverbose
      select 'the end';`);
    expect(stdout).toContain('INSERT 0 2');
    expect(stdout).toContain('the end');
    expect(stderr).toMatch(/ERROR: {2}22012: division by zero\nLOCATION: {2}int4div, int.c:\d+/);
  });

  it('keeps transactions, savepoints, cursors and prepared statements', async () => {
    const { stdout } = await same(`
      begin; create temp table t (x int); savepoint s; insert into t select generate_series(1, 25); rollback to s;
      insert into t select generate_series(1, 25); select 1 / 0; select 'not run'; rollback to s; commit;
      \\set FETCH_COUNT 10
      select generate_series(1, 25) as fetched;
      prepare p (int) as select name from items where id = $1; execute p (2); deallocate p;
      \\set AUTOCOMMIT off
      select 1; \\echo :LAST_ERROR_SQLSTATE :SQLSTATE :ROW_COUNT
      rollback;`);
    expect(stdout).toContain('(25 rows)');
  });

  it('answers the questions of its backslash commands', async () => {
    const { stdout } = await same(`
      \\d items
      \\dt *
      \\dn+
      \\du
      \\l
      \\df pg_catalog.int4*
      \\dconfig work_mem
      \\dp items
      \\encoding
      select 'a' as one, 2 as two \\gdesc
      select 'select ' || generate_series(1, 3) \\gexec
      select 'x' as value \\gset got_
      \\echo :got_value :SERVER_VERSION_NUM :SERVER_VERSION_NAME :USER :DBNAME :ENCODING
      select 1 as row, 'a' as col, 2 as val \\crosstabview`);
    expect(stdout).toContain('Check constraints:');
  });

  it('copies in and out, as text, CSV and binary', async () => {
    await using directory = await temporaryDirectory();
    const file = join(directory.path, 'rows');
    const { stdout, stderr } = await same(`
      create temp table t (x int, y text);
      copy t from stdin;
1\tone
2\t\\N
\\.
      \\copy t to '${file}' (format binary)
      \\copy t from '${file}' (format binary)
      copy t to stdout (format csv, header);
      copy t from stdin;
no number\tx
\\.
      copy (select 1 / 0) to stdout;
      select count(*) from t;`);
    expect(stdout).toContain('COPY 2\nx,y\n1,one');
    expect(stderr).toContain('22P02');
  });

  it('copies 64 MiB in and out', async () => {
    await using directory = await temporaryDirectory();
    const seen = await both.same(async (route) => {
      const file = join(directory.path, route.name);
      const sent = await psql(
        route,
        `create temp table t (x text);
         \\copy (select repeat(md5(i::text), 32) from generate_series(1, 64 * 1024) i) to '${file}'
         \\copy t from '${file}'
         select count(*), sum(hashtext(x)::bigint) from t;`,
      );
      return { ...shown(sent), size: (await stat(file)).size };
    });
    expect(seen.size).toBeGreaterThan(64 * MIB);
    expect(seen.stdout).toContain('65536');
  });

  it('reads a row of 64 MiB', async () => {
    const seen = await both.same(async (route) => {
      const { stdout, ...rest } = await psql(route, "select repeat('abcdefgh', 8 * 1024 * 1024)", { args: ['-At'] });
      return { ...rest, size: stdout.length, hash: createHash('sha256').update(stdout).digest('hex') };
    });
    expect(seen).toMatchObject({ code: 0, stderr: '', size: 64 * MIB + 1 });
  });

  it('hears its own notifications', async () => {
    const { stdout } = await both.same(async (route) => {
      const seen = shown(
        await psql(route, "listen l; notify l, 'me'; select pg_backend_pid() as pid;", { args: ['-At'] }),
      );
      const [pid = ''] = /^\d+$/m.exec(seen.stdout) ?? [];
      return { ...seen, stdout: seen.stdout.replaceAll(pid, 'my pid') };
    });
    expect(stdout).toContain('"l" with payload "me" received from server process with PID my pid');
  });

  it('keeps the settings of its environment after RESET ALL and DISCARD ALL', async () => {
    const { stdout } = await same(
      `select name, setting, reset_val, source from pg_settings where source = 'client' and name not like 'app.%' order by 1;
       set work_mem = '9MB'; set search_path = public; set timezone = 'UTC'; reset all; show work_mem; show timezone;
       set work_mem = '9MB'; discard all; show work_mem; show timezone; show datestyle; show client_encoding; show application_name;`,
      {
        env: {
          PGOPTIONS: '-c work_mem=7MB -csearch_path=pg_catalog,public --statement-timeout=60s -c geqo=off',
          PGTZ: 'Asia/Tokyo',
          PGDATESTYLE: 'German, DMY',
          PGCLIENTENCODING: 'LATIN1',
          PGAPPNAME: 'the tests',
        },
      },
    );
    expect(stdout.match(/7MB/g)).toHaveLength(2);
  });

  it('ends its query at Ctrl-C on a terminal, and the session goes on', async () => {
    const seen = await both.same(async (route) => {
      const terminal = new Terminal(
        'psql -X --no-readline --pset=pager=off -v VERBOSITY=verbose',
        libpqEnvironment(route),
      );
      await terminal.see('=> ');
      terminal.type("select pg_sleep(60), 'interrupted at a terminal';\n");
      await both.running('interrupted at a terminal');
      terminal.type(CTRL_C);
      const error = await terminal.see('LOCATION');
      terminal.type("select 'still ' || 'here';\n\\q\n");
      await terminal.see('still here');
      return { error: error.slice(error.indexOf('ERROR')), code: await terminal.closed() };
    });
    expect(seen).toEqual({ error: 'ERROR:  57014: canceling statement due to user request\nLOCATION', code: 0 });
  });

  it('ends its script at SIGINT, once the server has cancelled the query', async () => {
    const { stderr } = await same("select pg_sleep(60), 'interrupted script'; select 'not run';", {
      onStart: async (kill) => {
        await both.running('interrupted script');
        kill('SIGINT');
      },
    });
    expect(stderr).toContain('57014');
  });

  it('says in the words of the server why its session ended', async () => {
    const words = await both.same(async (route) => {
      const { stderr } = await psql(route, "select pg_terminate_backend(pg_backend_pid()); select 'not run';");
      // Behind them libpq says in its own words that the connection is gone, and has others for TLS.
      return stderr.slice(0, stderr.indexOf('\n', stderr.indexOf('LOCATION')));
    });
    expect(words).toMatch(/^FATAL: {2}57P01: terminating connection due to administrator command\nLOCATION/);
  });

  it('needs no name and no password, and may ask for TLS, which the sidecar declines', async () => {
    const { gprxy } = both.stack;
    for (const sslmode of ['disable', 'allow', 'prefer']) {
      const { stdout } = await psql({ ...gprxy, user: 'whoever' }, 'select session_user', {
        args: ['-At'],
        env: { PGSSLMODE: sslmode },
      });
      expect(stdout.toString()).toBe(`${gprxy.user}\n`);
    }
    const { code, stderr } = await psql(gprxy, '', { env: { PGSSLMODE: 'require' } });
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining('does not support SSL') });
  });
});
