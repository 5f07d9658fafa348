import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { encodeStartupMessage, PROTOCOL_3_0 } from '@gprxy/proxy-core';

const STARTUP = encodeStartupMessage(PROTOCOL_3_0, [['user', 'any']]);
/** Query with an empty text. */
const QUERY = Buffer.from('510000000500', 'hex');
const READY = Buffer.from('5a0000000549', 'hex');
/** At a time: as many as a pool that has just been started, not as many as an attack. */
const AT_ONCE = 100;

/** A session that has logged in and says nothing. Rejects with what it was told instead. */
export async function openSession(port: number): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  await once(socket, 'connect');
  socket.write(STARTUP);
  await readyForQuery(socket);
  socket.on('error', () => {});
  return socket;
}

export async function openSessions(port: number, count: number): Promise<Socket[]> {
  const sessions: Socket[] = [];
  while (sessions.length < count) {
    const batch = Math.min(AT_ONCE, count - sessions.length);
    sessions.push(...(await Promise.all(Array.from({ length: batch }, () => openSession(port)))));
  }
  return sessions;
}

/** Latencies of queries one after the other, in microseconds. */
export async function askOften(socket: Socket, times: number): Promise<number[]> {
  const latencies: number[] = [];
  for (let i = 0; i < times; i++) {
    const startedAt = performance.now();
    socket.write(QUERY);
    await readyForQuery(socket);
    latencies.push((performance.now() - startedAt) * 1_000);
  }
  return latencies;
}

function readyForQuery(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = Buffer.alloc(0);
    const read = (chunk: Buffer) => {
      text = Buffer.concat([text, chunk]);
      if (text.subarray(-READY.length).equals(READY)) settle(resolve);
    };
    const fail = () => settle(() => reject(new Error(`the session ended: ${text.toString('latin1')}`)));
    const settle = (then: () => void) => {
      socket.off('data', read).off('close', fail);
      then();
    };
    socket.on('data', read).on('close', fail);
  });
}
