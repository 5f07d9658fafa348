import pg from 'pg';
import { expect, it } from 'vitest';
import type { BothRoutes } from '../both-routes.ts';
import { failure, fieldsOf, internals, withPg } from './connect.ts';

/** What belongs to a session. */
export function describeNodePostgresSessions(both: BothRoutes): void {
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
}
