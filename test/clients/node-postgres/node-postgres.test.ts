import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { postgresVersions, useStack } from '../both-routes.ts';
import { failingStatements } from '../failing-statements.ts';
import { connectPg, failure, fieldsOf, internals, resultSeen, withPg } from './connect.ts';

const MIB = 1024 * 1024;

describe.each(postgresVersions)('node-postgres through sidecar and gateway to PostgreSQL %i', (version) => {
  const both = useStack({ version });

  it('logs in as the person, by name and by certificate', async () => {
    const [who] = await both.same((route) =>
      withPg(route, async (client) => {
        const sql = "select session_user, current_user, system_user, current_setting('is_superuser') as super";
        return (await client.query(sql)).rows;
      }),
    );
    const person = both.stack.direct.user;
    expect(who).toEqual({
      session_user: person,
      current_user: person,
      system_user: 'cert:CN=gprxy-gateway',
      super: 'off',
    });
  });

  it('answers simple queries, several in one message too', async () => {
    const results = await both.same((route) =>
      withPg(route, async (client) => {
        const sql = `select * from items order by id; create temp table t (x int);
          insert into t values (1), (2); update t set x = x + 1; delete from t where x = 3; select 1 as one, null as nothing;`;
        const results = (await client.query(sql)) as unknown as pg.QueryResult[];
        return results.map(resultSeen);
      }),
    );
    expect(results.map(({ command, rowCount }) => `${command} ${rowCount}`)).toEqual([
      'SELECT 3',
      'CREATE null',
      'INSERT 2',
      'UPDATE 2',
      'DELETE 1',
      'SELECT 1',
    ]);
  });

  it('answers extended queries with parameters of many types', async () => {
    const [result] = await both.same((route) =>
      withPg(route, async (client) => {
        const sql = `select $1::int as i, $2::text as t, $3::jsonb as j, $4::bytea as b, $5::timestamptz as z, $6::int[] as a,
          $7::numeric as n, $8::bool as f, $9::text as nothing`;
        const binary = Buffer.from([0, 1, 2, 0xff]);
        const values = [42, 'ünï', { a: [1] }, binary, new Date(1e12), [1, 2], '1.50', true, null];
        return [
          resultSeen(await client.query(sql, values)),
          (await client.query({ text: sql, values, rowMode: 'array' })).rows,
          resultSeen(await client.query({ text: 'select $1::int4 as x', values: [7], binary: true } as pg.QueryConfig)),
        ];
      }),
    );
    expect(result).toMatchObject({ rows: [{ i: 42, t: 'ünï', j: { a: [1] }, a: [1, 2], n: '1.50', nothing: null }] });
  });

  it('keeps prepared statements of a name for the session', async () => {
    const seen = await both.same((route) =>
      withPg(route, async (client) => {
        const run = (id: number) =>
          client.query({ name: 'one item', text: 'select name from items where id = $1', values: [id] });
        const names = [(await run(1)).rows[0].name, (await run(2)).rows[0].name];
        const { rows } = await client.query(
          'select name, statement, parameter_types::text from pg_prepared_statements',
        );
        await client.query('deallocate all');
        return { names, rows, afterwards: await failure(run(3)) };
      }),
    );
    expect(seen).toMatchObject({ names: ['anvil', 'rope'], afterwards: { code: '26000' } });
  });

  it('pipelines queries, and an error in the midst costs only its own query', async () => {
    const seen = await both.same((route) =>
      withPg(
        route,
        async (client) => {
          const queries = Array.from({ length: 100 }, (_, i) =>
            i === 50
              ? failure(client.query('select 1 / $1::int', [0]))
              : client.query('select $1::int as i', [i]).then(({ rows }) => rows[0]),
          );
          return Promise.all(queries);
        },
        { pipeline: true },
      ),
    );
    expect(seen[49]).toEqual({ i: 49 });
    expect(seen[50]).toMatchObject({ code: '22012' });
    expect(seen[99]).toEqual({ i: 99 });
  });

  it('passes on every field of every error', async () => {
    const errors = await both.same((route) =>
      withPg(route, async (client) => {
        const errors = [];
        for (const sql of failingStatements)
          errors.push(await failure(client.query(sql)), await failure(client.query(sql, [])));
        return errors;
      }),
    );
    const fields = new Set(errors.flatMap((error) => Object.keys(error).filter((name) => error[name] !== undefined)));
    expect([...fields].sort()).toEqual(
      [
        'code',
        'column',
        'constraint',
        'dataType',
        'detail',
        'file',
        'hint',
        'internalPosition',
        'internalQuery',
        'length',
      ].concat(['line', 'message', 'name', 'position', 'routine', 'schema', 'severity', 'table', 'where']),
    );
    expect(errors.every((error) => 'code' in error)).toBe(true);
  });

  it('passes on notices of every level while a query runs', async () => {
    const notices = await both.same((route) =>
      withPg(route, async (client) => {
        const notices: unknown[] = [];
        client.on('notice', (notice) => notices.push(fieldsOf(notice)));
        await client.query('set client_min_messages = debug1');
        await client.query(
          `do $$ begin raise debug 'd'; raise log 'l'; raise info 'i'; raise notice 'n' using hint = 'h'; raise warning 'w'; end $$`,
        );
        await client.query('drop table if exists no_such_table');
        return notices;
      }),
    );
    expect(notices).toHaveLength(7);
  });

  it('reports the settings that the server reports, at login and when they change', async () => {
    const statuses = await both.same(async (route) => {
      const statuses: unknown[] = [];
      const client = await connectPg(route, { application_name: 'the tests' });
      internals(client).connection.on('parameterStatus', ({ parameterName, parameterValue }) =>
        statuses.push([parameterName, parameterValue]),
      );
      await client.query("set timezone = 'Asia/Tokyo'; set datestyle = 'German'; set application_name = 'renamed'");
      await client.query('begin; set local intervalstyle = iso_8601; rollback');
      await client.end();
      return statuses;
    });
    expect(statuses).toContainEqual(['TimeZone', 'Asia/Tokyo']);
  });

  it('keeps transactions and savepoints', async () => {
    const seen = await both.same((route) =>
      withPg(route, async (client) => {
        const count = async () => (await client.query('select count(*)::int as n from t')).rows[0].n;
        await client.query('create temp table t (x int)');
        await client.query('begin isolation level serializable read write');
        await client.query('insert into t values (1)');
        await client.query('savepoint a');
        const broken = await failure(client.query('insert into t values (1 / 0)'));
        const aborted = await failure(client.query('select 1'));
        await client.query('rollback to a');
        const inside = await count();
        const tag = (await client.query('commit')).command;
        await client.query('begin');
        await failure(client.query('selec'));
        const failedCommit = (await client.query('commit')).command;
        return { broken, aborted, inside, tag, failedCommit, after: await count() };
      }),
    );
    expect(seen).toMatchObject({
      aborted: { code: '25P02' },
      inside: 1,
      tag: 'COMMIT',
      failedCommit: 'ROLLBACK',
      after: 1,
    });
  });

  it('notifies another client, with the pid of the one who notified', async () => {
    const seen = await both.same((route) =>
      withPg(route, (listener) =>
        withPg(route, async (notifier) => {
          const heard = new Promise<pg.Notification>((resolve) => listener.once('notification', resolve));
          await listener.query('listen "the channel"');
          await notifier.query("select pg_notify('the channel', $1)", ['x'.repeat(7_999)]);
          const { channel, payload, processId } = await heard;
          return { channel, length: payload?.length, fromNotifier: processId === internals(notifier).processID };
        }),
      ),
    );
    expect(seen).toEqual({ channel: 'the channel', length: 7_999, fromNotifier: true });
  });

  it("hands out the server's own pid", async () => {
    const seen = await both.same((route) =>
      withPg(route, async (client) => {
        const [row] = (await client.query('select pg_backend_pid() as pid')).rows;
        return row.pid === internals(client).processID;
      }),
    );
    expect(seen).toBe(true);
  });

  it('cancels a query, and the session goes on', async () => {
    const seen = await both.same((route) =>
      withPg(route, async (client) => {
        const query = new pg.Query("select pg_sleep(60), 'cancelled by pg'");
        const ended = new Promise((resolve) => query.once('error', resolve).once('end', resolve));
        client.query(query);
        await both.running('cancelled by pg');
        internals(new pg.Client({ host: route.host, port: route.port })).cancel(client, query);
        return { error: fieldsOf(await ended), afterwards: (await client.query('select 1 as one')).rows };
      }),
    );
    expect(seen).toMatchObject({ error: { code: '57014', severity: 'ERROR' }, afterwards: [{ one: 1 }] });
  });

  it('carries a row and a parameter of 64 MiB', async () => {
    const seen = await both.same((route) =>
      withPg(route, async (client) => {
        const big = 'abcdefgh'.repeat(8 * MIB);
        const sql = 'select length($1::text) as length, md5($1) as hash, $1::text as big';
        const [{ length, hash, big: returned }] = (await client.query(sql, [big])).rows;
        return { length, hash, same: returned === big };
      }),
    );
    expect(seen).toMatchObject({ length: 64 * MIB, same: true });
  });

  it('goes back with RESET and DISCARD ALL to what the client asked for at login', async () => {
    const seen = await both.same((route) =>
      withPg(
        route,
        async (client) => {
          const settings = async () => {
            const sql = `select name, setting, reset_val, source from pg_settings
              where source in ('client', 'session') and name not like 'app.%' order by name`;
            return (await client.query(sql)).rows;
          };
          const atLogin = await settings();
          await client.query(
            "set work_mem = '9MB'; set timezone = 'UTC'; set search_path = public; set application_name = 'x'",
          );
          const changed = await settings();
          await client.query('reset all');
          const reset = await settings();
          await client.query("set work_mem = '9MB'; set timezone = 'UTC'");
          await client.query('discard all');
          return { atLogin, changed, reset, discarded: await settings() };
        },
        {
          application_name: 'the tests',
          options:
            '-c work_mem=7MB -c search_path=pg_catalog,\\ public -c timezone=Asia/Tokyo --extra-float-digits=1 -c a.b=\\\\c',
        },
      ),
    );
    expect(seen.atLogin).toContainEqual({ name: 'work_mem', setting: '7168', reset_val: '7168', source: 'client' });
    expect(seen.reset).toEqual(seen.atLogin);
    expect(seen.discarded).toEqual(seen.atLogin);
  });

  it('shows the same value of every setting', async () => {
    const settings = await both.same((route) =>
      withPg(
        route,
        async (client) =>
          (await client.query("select name, setting from pg_settings where name not like 'app.%'")).rows,
      ),
    );
    expect(settings.length).toBeGreaterThan(300);
  });

  it('tells the client in the words of the server that its backend was terminated', async () => {
    const error = await both.same(async (route) => {
      const client = await connectPg(route);
      const query = failure(client.query("select pg_sleep(60), 'to be terminated'"));
      await both.running('to be terminated');
      await both.postgres.query('select pg_terminate_backend($1)', [internals(client).processID]);
      return query;
    });
    expect(error).toMatchObject({ severity: 'FATAL', code: '57P01' });
  });
});
