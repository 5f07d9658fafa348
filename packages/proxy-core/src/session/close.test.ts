import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { GprxyError } from '../errors.ts';
import { backendKey } from '../wire/cancel-key.ts';
import { decodeErrorFields } from '../wire/error-response.ts';
import { encodeCancelRequest } from '../wire/startup-packet.ts';
import { closeSession, toErrorResponse } from './close.ts';
import { MessageChannel } from './message-channel.ts';
import { socketPair } from './socket-pair.testing.ts';

const told = (error: unknown) => decodeErrorFields((toErrorResponse(error) as Buffer).subarray(5));

describe('what a client is told', () => {
  it('has no NUL in it, whatever the error quotes: a message that cannot be sent would end the process', () => {
    const error = new GprxyError('not "al\0ice"', { code: 'ERR_X', detail: 'de\0tail', hint: 'hi\0nt' });
    expect(told(error)).toMatchObject({ message: 'not "al\ufffdice"', detail: 'de\ufffdtail', hint: 'hi\ufffdnt' });
  });

  it('is nothing of an error that is not ours', () => {
    expect(told(new Error('password=secret'))).toMatchObject({ code: 'XX000', message: 'internal error in gprxy' });
  });
});

describe('a session', () => {
  const key = backendKey(7, Buffer.from('real'));

  /** What a server gets when a session with it ends like this: over its own connection, and over others. */
  async function endedBy(who: 'client' | 'proxy') {
    const connections: Buffer[][] = [];
    const server = createServer((socket) => {
      const chunks: Buffer[] = [];
      connections.push(chunks);
      socket.on('error', () => {}).on('data', (chunk) => chunks.push(chunk));
      socket.on('end', () => socket.end());
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    const [client, far] = await socketPair();
    far.on('end', () => far.end()).resume();
    const tls = { mode: 'disable', negotiation: 'postgres' } as const;
    const upstream = {
      ...{ channel: new MessageChannel(socket), protocolVersion: 196_608, backendKey: key, parameters: new Map() },
      ...{ target: { host: '127.0.0.1', port, tls, connectTimeoutMs: 1_000 } },
      loginMessages: { beforeKey: [], afterKey: [] },
    };
    const outcome = { endedBy: who, bytesFromClient: 0, bytesFromUpstream: 0, clientAtBoundary: true };
    const record = { stage: 'relay', peer: {}, channel: new MessageChannel(client), upstream, outcome } as const;
    await closeSession(record, 1, {});
    return connections;
  }

  it('that we end leaves nothing running at the server: its statement is cancelled', async () => {
    const connections = await endedBy('proxy');
    await expect.poll(() => Buffer.concat(connections[1] ?? [])).toEqual(encodeCancelRequest(key));
  });

  it('that its client ends is left to the server, as it would be without us', async () => {
    expect(await endedBy('client')).toHaveLength(1);
  });
});
