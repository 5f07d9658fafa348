import { serialize } from 'pg-protocol';
import { expect, it } from 'vitest';
import type { BothRoutes } from './both-routes.ts';
import { connectPg, failure, fieldsOf, internals, withPg } from './node-postgres/connect.ts';
import { psql } from './psql/psql.ts';
import { typesOf, WireClient } from './wire/wire-client.ts';

/** What a client is told when its server or its gateway goes away. The last tests of a stack: they kill the gateway. */
export function describeLostConnections(both: BothRoutes): void {
  it('an idle client gets the words of the server that terminates its backend', async () => {
    const error = await both.same(async (route) => {
      const client = await connectPg(route);
      const ended = new Promise((resolve) => client.once('error', resolve));
      await both.postgres.query('select pg_terminate_backend($1)', [internals(client).processID]);
      return fieldsOf(await ended);
    });
    expect(error).toMatchObject({ severity: 'FATAL', code: '57P01', routine: 'ProcessInterrupts' });
  });

  it('a client with an idle transaction gets those of the timeout', async () => {
    const error = await both.same(async (route) => {
      const client = await connectPg(route);
      const ended = new Promise((resolve) => client.once('error', resolve));
      await client.query("begin; set idle_in_transaction_session_timeout = '10ms'");
      return fieldsOf(await ended);
    });
    expect(error).toMatchObject({ severity: 'FATAL', code: '25P03' });
  });

  it('a gateway that is killed leaves nobody without a word, and the next one serves on', async () => {
    const { services, gprxy } = both.stack;
    const idle = await connectPg(gprxy);
    const idleEnded = new Promise((resolve) => idle.once('error', resolve));
    const busy = await connectPg(gprxy);
    const busyEnded = failure(busy.query("select pg_sleep(600), 'busy with pg'"));
    const psqlEnded = psql(gprxy, "select pg_sleep(600), 'busy with psql'; select 'not run';");
    const reading = await WireClient.start(gprxy);
    await reading.readUntilReady();
    reading.send(serialize.query("select repeat('x', 64 * 1024 * 1024)"));
    await reading.readUntil('T');
    await Promise.all([both.running('busy with pg'), both.running('busy with psql')]);

    await services.gateway.program.stop('SIGKILL');

    const lost = { severity: 'FATAL', code: '08006', message: 'the connection to the server was lost' };
    expect(fieldsOf(await idleEnded)).toMatchObject({ ...lost, hint: expect.stringContaining('Connect again') });
    expect(await busyEnded).toMatchObject({ ...lost, detail: expect.stringContaining('not known') });
    const { exitCode, stderr } = await psqlEnded;
    expect(stderr).toMatch(
      /^FATAL: {2}08006: the connection to the server was lost\nDETAIL: .*\nHINT: {2}Connect again/m,
    );
    expect(exitCode).toBe(2);
    // In the middle of a message there is no place for another one.
    expect(typesOf(await reading.readUntilReady())).toBe('');

    const meanwhile = await failure(connectPg(gprxy));
    expect(meanwhile).toMatchObject({ code: '08001', hint: expect.stringContaining('running') });
    await services.restartGateway();
    const rows = await withPg(gprxy, async (client) => (await client.query('select session_user')).rows);
    expect(rows).toEqual([{ session_user: gprxy.user }]);
  });
}
