import { expect, it } from 'vitest';
import type { BothRoutes } from '../both-routes.ts';
import { failingStatements } from '../failing-statements.ts';
import { failure, withPostgresJs } from './connect.ts';

/** What belongs to a session, and what the server says beside the rows. */
export function describePostgresJsSessions(both: BothRoutes): void {
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
}
