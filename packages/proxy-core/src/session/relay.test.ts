import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect as connectTls, TLSSocket } from 'node:tls';
import { createCertificateAuthority } from '@gprxy/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import { encodeReadyForQuery } from '../wire/backend-messages.ts';
import { encodeErrorResponse } from '../wire/error-response.ts';
import { encodeQuery, terminate } from '../wire/frontend-messages.ts';
import { relay } from './relay.ts';
import { socketPair } from './socket-pair.testing.ts';

const open: Socket[] = [];
afterEach(() => {
  for (const socket of open.splice(0)) socket.destroy();
});

async function pair(): Promise<[near: Socket, far: Socket]> {
  const sockets = await socketPair();
  open.push(...sockets);
  return sockets;
}

async function tlsPair(): Promise<[near: Socket, far: Socket]> {
  const [near, far] = await pair();
  const authority = await createCertificateAuthority();
  const { certPem: cert, keyPem: key } = await authority.issue({ commonName: 'localhost' });
  const farTls = new TLSSocket(far, { isServer: true, cert, key });
  const nearTls = connectTls({ socket: near, ca: authority.certPem, servername: 'localhost' });
  farTls.on('error', () => {});
  await once(nearTls, 'secureConnect');
  return [nearTls, farTls];
}

async function startRelay() {
  const [client, clientFar] = await pair();
  const [upstream, upstreamFar] = await pair();
  const ending = new AbortController();
  const outcome = relay(client, upstream, ending.signal);
  return { client: clientFar, upstream: upstreamFar, outcome, end: (reason: Error) => ending.abort(reason) };
}

const ready = encodeReadyForQuery('I');
const dataRow = (bytes: number, index: number) => {
  const message = Buffer.alloc(bytes + 5, index);
  message[0] = 0x44;
  message.writeInt32BE(bytes + 4, 1);
  return message;
};
const halfAMessage = Buffer.from([0x44, 0, 0, 0, 100, 1, 2, 3]);

it('leaves to others what they listen to: whoever keeps a book of open sockets learns that one has closed', async () => {
  const [client, clientFar] = await pair();
  const [upstream, upstreamFar] = await pair();
  const closed = Promise.all([once(client, 'close'), once(upstream, 'close')]);
  const outcome = relay(client, upstream, new AbortController().signal);
  clientFar.end(terminate);
  upstreamFar.end();
  await outcome;
  expect([client, upstream].map((socket) => socket.listenerCount('data'))).toEqual([0, 0]);
  client.destroy();
  upstream.destroy();
  await closed;
});

describe('the relay', () => {
  it('carries bytes both ways unchanged', async () => {
    const { client, upstream } = await startRelay();
    client.write('ping');
    expect((await once(upstream, 'data'))[0].toString()).toBe('ping');
    upstream.write(ready);
    expect((await once(client, 'data'))[0]).toEqual(ready);
  });

  it('lets a client that is done sending read on', async () => {
    const { client, upstream, outcome } = await startRelay();
    upstream.resume();
    client.end('last');
    await once(upstream, 'end');
    upstream.end(ready);
    expect((await once(client, 'data'))[0]).toEqual(ready);
    expect(await outcome).toMatchObject({ endedBy: 'client', bytesFromClient: 4, bytesFromUpstream: ready.length });
  });

  it('stops reading from the server while the client does not read', async () => {
    const { client, upstream } = await startRelay();
    client.pause();
    const chunk = Buffer.alloc(1 << 20);
    chunk[0] = 0x44;
    chunk.writeInt32BE(chunk.length - 1, 1);
    let accepted = 0;
    // What the kernel and the two sockets hold is some megabytes; a relay that does not stop takes all 256.
    for (let waiting = false; accepted < 256 && !waiting; ) {
      if (upstream.write(chunk)) accepted++;
      else waiting = !(await Promise.race([once(upstream, 'drain').then(() => true), quiet()]));
    }
    expect(accepted).toBeLessThan(64);
  });

  it('brings all to a client that paused for a while, in order, and all from it to a server that did', async () => {
    const { client, upstream, outcome } = await startRelay();
    const messages = Array.from({ length: 400 }, (_, index) => dataRow(40_000, index % 256));
    for (const [from, to] of [
      [upstream, client],
      [client, upstream],
    ] as const) {
      to.pause();
      for (const message of messages) from.write(message);
      await quiet();
      const expected = Buffer.concat(messages);
      const received: Buffer[] = [];
      for (let bytes = 0; bytes < expected.length; ) {
        const chunk: Buffer | null = to.read();
        if (chunk === null) await once(to, 'readable');
        else received.push(chunk);
        bytes += chunk?.length ?? 0;
      }
      expect(Buffer.concat(received).equals(expected)).toBe(true);
    }
    client.end(terminate);
    upstream.end();
    expect(await outcome).toMatchObject({ endedBy: 'client', bytesFromUpstream: 400 * 40_005 });
  });

  it('brings all that TLS hands out record by record, in order, to the last byte before the end', async () => {
    const [client, clientFar] = await pair();
    const [upstream, upstreamFar] = await tlsPair();
    const outcome = relay(client, upstream, new AbortController().signal);
    const messages = [20_000, 10, 8_192, 4_096, 1, 8_192, 8_192, 300_000, 5].map(dataRow);
    for (const message of messages) upstreamFar.write(message);
    upstreamFar.end(ready);
    expect(await outcome).toMatchObject({ endedBy: 'upstream', clientAtBoundary: true });
    client.end();
    const received = await clientFar.toArray();
    expect(Buffer.concat(received).equals(Buffer.concat([...messages, ready]))).toBe(true);
  });

  const ends: [string, Buffer, { clientAtBoundary: boolean; error: boolean }][] = [
    ['between two messages: the client can be told', ready, { clientAtBoundary: true, error: true }],
    ['in the middle of a message: it cannot', halfAMessage, { clientAtBoundary: false, error: true }],
    [
      'after it said why: nothing is added',
      encodeErrorResponse({ severity: 'FATAL', code: '57P01', message: 'bye' }),
      { clientAtBoundary: true, error: false },
    ],
  ];
  it.each(ends)('knows whether the server was lost %s', async (_name, bytes, expected) => {
    const { client, upstream, outcome } = await startRelay();
    client.resume();
    upstream.end(bytes);
    const { endedBy, clientAtBoundary, error } = await outcome;
    expect({ endedBy, clientAtBoundary, error: error !== undefined }).toEqual({ endedBy: 'upstream', ...expected });
  });

  it('does not take it for a lost server when the server hangs up first after the Terminate of the client', async () => {
    const { client, upstream, outcome } = await startRelay();
    client.write(Buffer.concat([encodeQuery('select 1'), terminate]));
    await once(upstream, 'data');
    upstream.end(ready);
    const { endedBy, error } = await outcome;
    expect({ endedBy, error }).toEqual({ endedBy: 'client', error: undefined });
  });

  it('ends when the server sends what cannot be a message', async () => {
    const { client, upstream, outcome } = await startRelay();
    client.resume();
    upstream.write(Buffer.from([0x44, 0xff, 0xff, 0xff, 0xff]));
    expect(await outcome).toMatchObject({
      endedBy: 'upstream',
      clientAtBoundary: false,
      error: { code: 'ERR_PROTOCOL' },
    });
  });

  it('ends with the reason of its signal', async () => {
    const { outcome, end } = await startRelay();
    const reason = new Error('draining');
    end(reason);
    expect(await outcome).toMatchObject({ endedBy: 'proxy', error: reason, clientAtBoundary: true });
  });
});

/** Longer than a relay that reads needs to take a megabyte. */
const quiet = () => new Promise<false>((resolve) => setTimeout(() => resolve(false), 500));
