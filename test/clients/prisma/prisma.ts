import { PrismaPg } from '@prisma/adapter-pg';
import { expect, it } from 'vitest';
import type { BothRoutes } from '../both-routes.ts';
import { nodeTls, type Route } from '../route.ts';

type Adapter = Awaited<ReturnType<PrismaPg['connect']>>;

/** What a query is to the adapter: Prisma's client says of each parameter what it is. */
const query = (sql: string, ...args: readonly (number | string)[]) => ({
  sql,
  args: [...args],
  argTypes: args.map((arg) => ({
    scalarType: typeof arg === 'number' ? ('int' as const) : ('string' as const),
    arity: 'scalar' as const,
  })),
});

async function withAdapter<Seen>(route: Route, use: (adapter: Adapter) => Promise<Seen>): Promise<Seen> {
  const { host, port, user, database } = route;
  const statementNameGenerator = ({ sql }: { sql: string }) => sql.replace(/\W+/g, '_').slice(0, 60);
  const adapter = await new PrismaPg(
    { host, port, user, database, ssl: nodeTls(route), max: 3 },
    { statementNameGenerator },
  ).connect();
  try {
    return await use(adapter);
  } finally {
    await adapter.dispose();
  }
}

/** Prisma's own driver adapter, which is all of Prisma that touches a connection; its client and its command are too big for tests. */
export function describePrismaAdapter(both: BothRoutes): void {
  it('reads and writes with parameters, by statements that it keeps prepared', async () => {
    const seen = await both.same((route) =>
      withAdapter(route, async (adapter) => {
        const added = await adapter.executeRaw(query('insert into items values ($1, $2)', 90, 'prism'));
        const reads = [];
        for (const id of [90, 1, 90])
          reads.push(await adapter.queryRaw(query('select * from items where id = $1', id)));
        return { added, reads, removed: await adapter.executeRaw(query('delete from items where id = $1', 90)) };
      }),
    );
    expect(seen).toMatchObject({ added: 1, removed: 1 });
    expect(seen.reads.map(({ rows }) => rows)).toEqual([
      [[90, 'prism', null]],
      [[1, 'anvil', '99.50']],
      [[90, 'prism', null]],
    ]);
  });

  it('runs interactive transactions, one next to the other, and takes back what is not committed', async () => {
    const left = await both.same((route) =>
      withAdapter(route, async (adapter) => {
        const [kept, dropped] = [await adapter.startTransaction('SERIALIZABLE'), await adapter.startTransaction()];
        await dropped.executeRaw(query('insert into items values ($1, $2)', 92, 'dropped'));
        await kept.executeRaw(query('insert into items values ($1, $2)', 91, 'kept'));
        const level = await kept.queryRaw(query('show transaction isolation level'));
        // What the client sends itself; the adapter then gives its connection back.
        await kept.executeRaw(query('COMMIT'));
        await kept.commit();
        await dropped.executeRaw(query('ROLLBACK'));
        await dropped.rollback();
        const { rows } = await adapter.queryRaw(query('delete from items where id > $1 returning name', 90));
        return { level: level.rows, rows };
      }),
    );
    expect(left).toEqual({ level: [['serializable']], rows: [['kept']] });
  });

  it('tells a violated key and a division by zero apart', async () => {
    const errors = await both.same((route) =>
      withAdapter(route, async (adapter) => {
        const causeOf = (promise: Promise<unknown>) => promise.then(String, ({ cause }: Error) => cause);
        const double = await causeOf(adapter.executeRaw(query('insert into items values ($1, $2)', 1, 'anvil')));
        return [double, await causeOf(adapter.queryRaw(query('select 1 / 0')))];
      }),
    );
    expect(errors).toMatchObject([{ kind: 'UniqueConstraintViolation' }, { originalCode: '22012' }]);
  });
}
