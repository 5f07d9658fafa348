import type pg from 'pg';
import { expect, it } from 'vitest';
import type { BothRoutes } from '../both-routes.ts';
import { failingStatements } from '../failing-statements.ts';
import { connectPg, failure, fieldsOf, internals, withPg } from './connect.ts';

/** What the server says beside the rows. */
export function describeNodePostgresMessages(both: BothRoutes): void {
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
}
