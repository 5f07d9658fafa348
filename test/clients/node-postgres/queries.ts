import type pg from 'pg';
import { expect, it } from 'vitest';
import type { BothRoutes } from '../both-routes.ts';
import { failure, resultSeen, withPg } from './connect.ts';

const MIB = 1024 * 1024;

/** What a query brings back. */
export function describeNodePostgresQueries(both: BothRoutes): void {
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
}
