import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { describe, expect, it } from 'vitest';
import { postgresVersions, useStack } from '../both-routes.ts';
import { failingStatements } from '../failing-statements.ts';
import { failure, withPostgresJs } from './connect.ts';

const MIB = 1024 * 1024;

/** What the client's types leave out. */
type Column = { name: string; type: number; table: number; number: number };

describe.each(postgresVersions)('postgres.js through sidecar and gateway to PostgreSQL %i', (version) => {
  const both = useStack({ version });

  it('answers queries with values of many types, their columns, tags and statements', async () => {
    const [first] = await both.same((route) =>
      withPostgresJs(route, async (sql) => {
        const values = [42, 'ünï ☃', Buffer.from([0, 255]), new Date(1e12)] as const;
        const results = [
          await sql`select session_user, current_user`,
          await sql`select ${values[0]}::int as i, ${values[1]}::text as t, ${values[2]}::bytea as b, ${values[3]}::timestamptz as z`,
          await sql`select ${sql.array([1, 2])}::int[] as a, ${sql.json({ a: [1] })}::jsonb as j, ${null}::text as nothing`,
          await sql`select id, price from items where name in ${sql(['rope', 'soap'])} order by id`.values(),
          await sql`select * from items order by id`.raw(),
          ...(await sql.unsafe('select 1 as one; create temp table t (x int); insert into t values (1), (2)').simple()),
          await sql`insert into t ${sql([{ x: 3 }, { x: 4 }])}`,
        ];
        return results.map(({ command, count, columns, ...rows }) => ({
          ...{ command, count, rows: Object.values(rows) },
          columns: columns?.map(({ name, type, table, number }: Column) => ({ name, type, table, number })),
        }));
      }),
    );
    expect(first?.rows).toContainEqual({ session_user: both.stack.gprxy.user, current_user: both.stack.gprxy.user });
  });

  it('describes statements', async () => {
    const seen = await both.same((route) =>
      withPostgresJs(route, async (sql) => {
        const { types, columns, string } = await sql`select id, name from items where price > ${1}`.describe();
        return { types, columns, string };
      }),
    );
    expect(seen.types).toEqual([1700]);
  });

  it('passes on every field of every error', async () => {
    const errors = await both.same((route) =>
      withPostgresJs(route, async (sql) => {
        const errors = [];
        for (const statement of failingStatements) errors.push(await failure(sql.unsafe(statement, [])));
        return errors;
      }),
    );
    expect(errors.map(({ severity }) => severity)).toEqual(failingStatements.map(() => 'ERROR'));
  });

  it('passes on notices, and settings at login and when they change', async () => {
    const seen = await both.same(async (route) => {
      const seen: unknown[] = [];
      const settings = {
        onnotice: (notice: unknown) => seen.push(notice),
        onparameter: (...status: unknown[]) => seen.push(status),
      };
      await withPostgresJs(
        route,
        async (sql) => {
          await sql.unsafe(`do $$ begin raise warning 'careful' using hint = 'h', detail = 'd'; end $$`);
          await sql`set timezone = 'Asia/Tokyo'`;
        },
        { ...settings, connection: { application_name: 'the tests', DateStyle: 'German' } },
      );
      return seen;
    });
    expect(seen).toContainEqual(['TimeZone', 'Asia/Tokyo']);
    expect(seen).toContainEqual(expect.objectContaining({ message: 'careful', severity: 'WARNING' }));
  });

  it('pipelines queries over one connection, with an error in the midst', async () => {
    const seen = await both.same((route) =>
      withPostgresJs(route, (sql) => {
        const queries = Array.from({ length: 500 }, (_, i) =>
          i === 250 ? failure(sql`select 1 / ${0}::int`) : sql`select ${i}::int as i`.then(([row]) => row?.i),
        );
        return Promise.all(queries);
      }),
    );
    expect(seen[249]).toBe(249);
    expect(seen[250]).toMatchObject({ code: '22012' });
    expect(seen[499]).toBe(499);
  });

  it('reads by cursor, and stops before the end', async () => {
    const seen = await both.same((route) =>
      withPostgresJs(route, async (sql) => {
        const batches: number[] = [];
        for await (const rows of sql`select generate_series(1, 1000) as n`.cursor(300)) batches.push(rows.length);
        await sql`select generate_series(1, 1000) as n`.cursor(10, () => sql.CLOSE);
        const each: number[] = [];
        await sql`select generate_series(1, 3) as n`.forEach(({ n }) => {
          each.push(n);
        });
        return { batches, each };
      }),
    );
    expect(seen).toEqual({ batches: [300, 300, 300, 100], each: [1, 2, 3] });
  });

  it('keeps transactions and savepoints', async () => {
    const seen = await both.same((route) =>
      withPostgresJs(route, async (sql) => {
        await sql`create temp table t (x int)`;
        const error = await failure(
          sql.begin('isolation level serializable', async (sql) => {
            await sql`insert into t values (1)`;
            throw await failure(sql.savepoint((sql) => sql`select 1 / 0`));
          }),
        );
        await sql.begin(async (sql) => {
          await sql`insert into t values (2)`;
          await failure(sql.savepoint((sql) => sql`insert into t values (1 / 0)`));
        });
        return { error, rows: [...(await sql`select x from t`)] };
      }),
    );
    expect(seen).toMatchObject({ error: { code: '22012' }, rows: [{ x: 2 }] });
  });

  it('notifies another client', async () => {
    const seen = await both.same((route) =>
      withPostgresJs(route, (listener) =>
        withPostgresJs(route, async (notifier) => {
          const heard = new Promise<string>((resolve) => {
            listener.listen('the channel', resolve).then(() => notifier.notify('the channel', 'x'.repeat(7_999)));
          });
          return (await heard).length;
        }),
      ),
    );
    expect(seen).toBe(7_999);
  });

  it('cancels a query, and the session goes on', async () => {
    const seen = await both.same((route) =>
      withPostgresJs(route, async (sql) => {
        const [before] = await sql`select pg_backend_pid() as pid`;
        const query = sql`select pg_sleep(60), 'cancelled by postgres.js'`;
        const error = failure(query);
        await both.running('cancelled by postgres.js');
        query.cancel();
        const [after] = await sql`select pg_backend_pid() as pid`;
        return { error: await error, same: before?.pid === after?.pid };
      }),
    );
    expect(seen).toMatchObject({ error: { code: '57014' }, same: true });
  });

  it('copies 64 MiB in and out', async () => {
    const seen = await both.same(async (route) => {
      const rows = Array.from({ length: 64 }, () => `7\t${'x'.repeat(1021)}\n`.repeat(1024));
      const hash = createHash('sha256');
      let size = 0;
      await withPostgresJs(route, async (sql) => {
        await sql`create temp table t (x int, y text)`;
        await pipeline(Readable.from(rows), await sql`copy t from stdin`.writable());
        // The last thing on this connection: the client may forget to read on after it, directly or not.
        for await (const chunk of await sql`copy t to stdout`.readable()) {
          size += chunk.length;
          hash.update(chunk);
        }
      });
      return { size, hash: hash.digest('hex') };
    });
    expect(seen.size).toBe(64 * MIB);
  });

  it('carries a row and a parameter of 64 MiB', async () => {
    const seen = await both.same((route) =>
      withPostgresJs(route, async (sql) => {
        const big = 'abcdefgh'.repeat(8 * MIB);
        const [row] = await sql`select ${big}::text as big`;
        return { length: row?.big.length, same: row?.big === big };
      }),
    );
    expect(seen).toEqual({ length: 64 * MIB, same: true });
  });

  it('goes back with RESET ALL and DISCARD ALL to the startup parameters of the client', async () => {
    const seen = await both.same((route) =>
      withPostgresJs(
        route,
        async (sql) => {
          const settings = async () => [
            ...(await sql`select name, setting, source from pg_settings where source in ('client', 'session') and name not like 'app.%' order by name`),
          ];
          const atLogin = await settings();
          await sql.unsafe("set work_mem = '9MB'; set search_path = public").simple();
          await sql`reset all`;
          const reset = await settings();
          await sql.unsafe("set work_mem = '9MB'; set search_path = public").simple();
          await sql`discard all`.simple();
          return { atLogin, reset, discarded: await settings() };
        },
        // Each is a startup parameter of its own here.
        {
          connection: {
            application_name: 'the tests',
            work_mem: '7MB',
            search_path: 'pg_catalog, public',
            statement_timeout: 60_000,
          },
        },
      ),
    );
    expect(seen.atLogin).toContainEqual({ name: 'work_mem', setting: '7168', source: 'client' });
    expect(seen.reset).toEqual(seen.atLogin);
    expect(seen.discarded).toEqual(seen.atLogin);
  });

  it('sees the end of the session when the server terminates it', async () => {
    const code = await both.same((route) =>
      withPostgresJs(route, async (sql) => (await failure(sql`select pg_terminate_backend(pg_backend_pid())`)).code),
    );
    // The words of the server are there, but this client keeps only that the connection is gone.
    expect(code).toBe('CONNECTION_CLOSED');
  });
});
