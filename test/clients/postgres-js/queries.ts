import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { expect, it } from 'vitest';
import type { BothRoutes } from '../both-routes.ts';
import { failure, withPostgresJs } from './connect.ts';

const MIB = 1024 * 1024;

/** What the client's types leave out. */
type Column = { name: string; type: number; table: number; number: number };

/** What a query brings back. */
export function describePostgresJsQueries(both: BothRoutes): void {
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
}
