import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryDirectory } from '@gprxy/testkit';
import { expect, it } from 'vitest';
import type { BothRoutes } from '../both-routes.ts';
import { failingStatements } from '../failing-statements.ts';
import { type PsqlOptions, psql } from './psql.ts';

const MIB = 1024 * 1024;

/** What psql shows of a script, on both of its outputs. */
export function describePsqlScripts(both: BothRoutes): void {
  const same = (script: string, options?: PsqlOptions) => both.same((route) => psql(route, script, options));

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
      return { ...sent, size: (await stat(file)).size };
    });
    expect(seen.size).toBeGreaterThan(64 * MIB);
    expect(seen.stdout).toContain('65536');
  });

  it('reads a row of 64 MiB', async () => {
    const seen = await both.same(async (route) => {
      const { stdout, ...rest } = await psql(route, "select repeat('abcdefgh', 8 * 1024 * 1024)", { args: ['-At'] });
      return { ...rest, size: stdout.length, hash: createHash('sha256').update(stdout).digest('hex') };
    });
    expect(seen).toMatchObject({ exitCode: 0, stderr: '', size: 64 * MIB + 1 });
  });

  it('hears its own notifications', async () => {
    const { stdout } = await both.same(async (route) => {
      const seen = await psql(route, "listen l; notify l, 'me'; select pg_backend_pid() as pid;", { args: ['-At'] });
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
}
