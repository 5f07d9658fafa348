import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { serialize } from 'pg-protocol';
import { expect, it } from 'vitest';
import type { BothRoutes } from '../both-routes.ts';
import type { Route } from '../route.ts';
import { typesOf, WireClient } from './wire-client.ts';

const CANCEL_REQUEST = 80877102;
const LOCK = 5433;

export function describeCancelKeys(both: BothRoutes): void {
  it('a cancel with a wrong key does nothing, and is not answered; the right one ends the query', async () => {
    const seen = await both.same(async (route) => {
      const holder = await both.postgres.connect();
      await holder.query('select pg_advisory_lock($1)', [LOCK]);
      const client = await WireClient.start(route);
      await client.readUntilReady();
      const wait = serialize.query(`select pg_advisory_lock(${LOCK})`);

      client.send(wait);
      await both.running(`advisory_lock(${LOCK})`);
      const answers: string[] = [];
      for (const key of wrongKeys(client.key)) answers.push(await cancel(route, key));
      await holder.query('select pg_advisory_unlock($1)', [LOCK]);
      const undisturbed = typesOf(await client.readUntilReady());

      client.send(serialize.query(`select pg_advisory_unlock(${LOCK})`));
      await client.readUntilReady();
      await holder.query('select pg_advisory_lock($1)', [LOCK]);
      client.send(wait);
      await both.running(`advisory_lock(${LOCK})`);
      answers.push(await cancel(route, client.key));
      const cancelled = Buffer.concat(await client.readUntilReady()).toString();
      client.end();
      await holder.end();
      return { answers, undisturbed, cancelled };
    });
    expect(seen.answers).toEqual(seen.answers.map(() => ''));
    expect(seen.undisturbed).toBe('TDCZ');
    expect(seen.cancelled).toContain('57014');
  });
}

function wrongKeys(key: Buffer): Buffer[] {
  const changed = (offset: number) => {
    const other = Buffer.from(key);
    other.writeUInt8(other.readUInt8(offset) ^ 1, offset);
    return other;
  };
  const pid = key.subarray(0, 4);
  return [
    changed(3),
    changed(4),
    changed(key.length - 1),
    Buffer.concat([pid, randomBytes(4)]),
    Buffer.concat([pid, randomBytes(32)]),
    Buffer.concat([key, Buffer.of(0)]),
  ];
}

/** Sends a CancelRequest as most clients do, in plaintext, and returns what comes back before the close. */
async function cancel({ host, port }: Route, key: Buffer): Promise<string> {
  const socket = connect({ host, port });
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  const header = Buffer.alloc(8);
  header.writeUInt32BE(8 + key.length, 0);
  header.writeUInt32BE(CANCEL_REQUEST, 4);
  socket.write(Buffer.concat([header, key]));
  await once(socket, 'close');
  return Buffer.concat(chunks).toString();
}
