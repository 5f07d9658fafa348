import { serialize } from 'pg-protocol';
import { expect, it } from 'vitest';
import type { BothRoutes } from '../both-routes.ts';
import { connectPg, withPg } from '../node-postgres/connect.ts';
import { WireClient } from '../wire/wire-client.ts';
import { residentBytes } from './process-memory.ts';

const MIB = 1024 * 1024;
const CONNECTIONS = 200;
const CROWD = 'one of many';
const TOKEN_BYTES = 16 * 1024;
// What may be in flight between a server and a reader that has stopped, and what a garbage collector leaves for later.
const FLAT = 64 * MIB;

/** Many and large: tokens, connections, and readers that stop. */
export function describeLimits(both: BothRoutes): void {
  it('logs in with a token of 16 KB', async () => {
    const { sidecar, gprxy } = both.stack;
    expect(sidecar.accessToken.length).toBeGreaterThan(TOKEN_BYTES);
    const rows = await withPg(gprxy, async (client) => (await client.query('select session_user')).rows);
    expect(rows).toEqual([{ session_user: gprxy.user }]);
  });

  const memory = async () => {
    const { services, sidecar } = both.stack;
    const pids = [services.gateway.program.pid, sidecar.program.pid];
    return Promise.all(pids.map(residentBytes));
  };
  const waitEvent = async (pid: number) => {
    const [row] = await both.postgres.query('select wait_event from pg_stat_activity where pid = $1', [pid]);
    return row?.wait_event;
  };

  it('a client that stops reading 4 GiB does not fill the memory of the sidecar or the gateway', async () => {
    const client = await WireClient.start(both.stack.gprxy);
    await client.readUntilReady();
    const before = await memory();
    client.send(serialize.query(`select repeat('x', ${MIB}) from generate_series(1, 4096)`));
    await expect.poll(() => waitEvent(client.key.readInt32BE(0)), { timeout: 20_000 }).toBe('ClientWrite');
    const after = await memory();
    client.socket.destroy();

    for (const [i, bytes] of after.entries()) expect(bytes - (before[i] ?? 0)).toBeLessThan(FLAT);
    await expect.poll(() => waitEvent(client.key.readInt32BE(0)), { timeout: 20_000 }).toBe(undefined);
  });

  it('a server that stops reading does not, either', async () => {
    const client = await WireClient.start(both.stack.gprxy);
    await client.readUntilReady();
    const before = await memory();
    const { socket } = client;
    client.send(serialize.query('select pg_sleep(600)'));
    const statement = serialize.query(`select length('${'x'.repeat(MIB)}')`);
    for (let i = 0; i < 256; i++) client.send(statement);
    let sent = 0;
    const hasStopped = () => {
      const before = sent;
      sent = socket.bytesWritten - socket.writableLength;
      return sent > 0 && sent === before;
    };
    await expect.poll(hasStopped, { timeout: 20_000, interval: 250 }).toBe(true);
    const after = await memory();
    socket.destroy();
    await both.postgres.query('select pg_terminate_backend($1)', [client.key.readInt32BE(0)]);

    expect(sent).toBeLessThan(FLAT);
    for (const [i, bytes] of after.entries()) expect(bytes - (before[i] ?? 0)).toBeLessThan(FLAT);
  });

  it(`gives each of ${CONNECTIONS} connections at once its own answers`, async () => {
    const clients = await Promise.all(
      Array.from({ length: CONNECTIONS }, () => connectPg(both.stack.gprxy, { application_name: CROWD })),
    );
    const sql = 'select $1::int as mine, pg_backend_pid() as pid, session_user as who, repeat($1::text, 1000) as long';
    const answers = await Promise.all(clients.map(async (client, i) => (await client.query(sql, [i])).rows[0]));
    const [{ open } = { open: 0 }] = await both.postgres.query(
      'select count(*)::int as open from pg_stat_activity where application_name = $1',
      [CROWD],
    );
    await Promise.all(clients.map((client) => client.end()));

    // And a spare one may wait by now.
    expect([CONNECTIONS, CONNECTIONS + 1]).toContain(open);
    expect(new Set(answers.map(({ pid }) => pid)).size).toBe(CONNECTIONS);
    expect(answers).toEqual(
      answers.map(({ pid }, i) => ({ mine: i, pid, who: both.stack.gprxy.user, long: String(i).repeat(1_000) })),
    );
  });
}
