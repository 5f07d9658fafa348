import { connect as connectTls, createSecureContext, TLSSocket } from 'node:tls';
import { createCertificateAuthority, RawClient, startPostgres, type TestPostgres } from '@gprxy/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeErrorFields } from '../wire/error-response.ts';
import { encodeStartupMessage, PROTOCOL_3_0, PROTOCOL_3_2, sslRequest } from '../wire/startup-packet.ts';
import { startProxy } from './proxy.testing.ts';

import type { SessionPolicy } from './session-policy.ts';

const GSSENC_REQUEST = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x30]);

let postgres: TestPostgres;
let ca: string;
let context: ReturnType<typeof createSecureContext>;
const proxies: Awaited<ReturnType<typeof startProxy>>[] = [];

beforeAll(async () => {
  postgres = await startPostgres({ version: 18 });
  const authority = await createCertificateAuthority();
  const { certPem, keyPem } = await authority.issue({ commonName: 'localhost' });
  ca = authority.certPem;
  context = createSecureContext({ cert: certPem, key: keyPem });
});
afterAll(async () => {
  for (const proxy of proxies) await proxy.listener.drain(0);
  await postgres?.stop();
});

async function proxyWith(overrides: Partial<SessionPolicy<string>> = {}) {
  const proxy = await startProxy(postgres, overrides);
  proxies.push(proxy);
  return proxy;
}

const startup = (version = PROTOCOL_3_0, more: [string, string][] = []) =>
  encodeStartupMessage(version, [['user', 'postgres'], ['database', 'postgres'], ...more]);

/** The ErrorResponse that `bytes` start with. */
function errorIn(bytes: Buffer) {
  expect(bytes.subarray(0, 1).toString()).toBe('E');
  return decodeErrorFields(bytes.subarray(5, 1 + bytes.readInt32BE(1)));
}

describe('what is refused before a login', () => {
  it.each([
    ['SSLRequest', sslRequest],
    ['GSSENCRequest', GSSENC_REQUEST],
  ])('S12 refuses bytes stuffed behind %s, parses none of them, and sends no answer to it', async (_name, request) => {
    const { port, ends } = await proxyWith({ clientTls: { mode: 'required', context } });
    const client = await RawClient.open(port);
    const { bytes } = await client.send(request, startup()).readToEnd();
    expect(errorIn(bytes)).toMatchObject({ code: '08P01', message: expect.stringContaining('unencrypted data') });
    expect(ends.at(-1)?.connection).toBeUndefined();
  });

  it('S12 takes bytes that were sent in clear after the answer S for a broken handshake, and parses none', async () => {
    const { port, ends } = await proxyWith({ clientTls: { mode: 'required', context } });
    const client = await RawClient.open(port);
    expect((await client.send(sslRequest).read(1)).toString()).toBe('S');
    await client.send(startup()).readToEnd();
    expect(ends.at(-1)).toMatchObject({ stage: 'startup' });
    expect(ends.at(-1)?.connection).toBeUndefined();
  });

  it('S13 refuses a plaintext client where TLS is required, before anything is asked of it', async () => {
    const { port } = await proxyWith({ clientTls: { mode: 'required', context } });
    const { bytes } = await (await RawClient.open(port)).send(startup()).readToEnd();
    expect(errorIn(bytes)).toMatchObject({ code: '28000', hint: expect.stringContaining('sslmode=verify-full') });
  });

  it.each([
    ['an HTTP request', Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')],
    ['an HTTP post', Buffer.from('POST / HTTP/1.1\r\n\r\n')],
    ['a WebSocket handshake', Buffer.from('GET /chat HTTP/1.1\r\nUpgrade: websocket\r\n\r\n')],
    ['an SSH banner', Buffer.from('SSH-2.0-OpenSSH_9.2\r\n')],
    ['a ClientHello where TLS is not offered', Buffer.from([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3])],
    ['S27 a startup packet of 10,001 bytes', Buffer.from([0, 0, 0x27, 0x11, 0, 3, 0, 0])],
    ['S27 a startup packet of 4 GB', Buffer.from([0xff, 0xff, 0xff, 0xff, 0, 3, 0, 0])],
  ])('S35 closes on %s without a byte of answer, within 50 ms', async (_name, bytes) => {
    const { port } = await proxyWith();
    const answers: Uint8Array[] = [];
    const msUntilClosed = async () => {
      const answer = await (await RawClient.open(port)).send(bytes).readToEnd();
      answers.push(answer.bytes);
      return answer.elapsedMs;
    };
    // The quickest of some: what else this machine is doing is not the proxy's.
    await expect.poll(msUntilClosed).toBeLessThan(50);
    for (const answer of answers) expect(answer).toHaveLength(0);
  });

  it.each([
    ['a foreign ALPN', ['h2', 'http/1.1']],
    ['no ALPN', undefined],
  ])('S35 gives direct TLS with %s no application byte', async (_name, ALPNProtocols) => {
    const { port } = await proxyWith({ clientTls: { mode: 'required', context } });
    const options = { host: '127.0.0.1', port, ca, servername: 'localhost', ...(ALPNProtocols && { ALPNProtocols }) };
    const client = RawClient.over(connectTls(options));
    client.send(startup());
    expect((await client.readToEnd()).bytes).toHaveLength(0);
  });
});

describe('S12 encryption is asked for once', () => {
  const requests = [
    ['SSLRequest', sslRequest],
    ['GSSENCRequest', GSSENC_REQUEST],
  ] as const;
  const refusal = { code: '0A000', message: expect.stringMatching(/^unsupported frontend protocol 1234\.56(79|80)/) };

  it.each(requests)('%s is refused once it has been answered', async (_name, request) => {
    const { port } = await proxyWith();
    const client = await RawClient.open(port);
    expect((await client.send(request).read(1)).toString()).toBe('N');
    const { bytes } = await client.send(request).readToEnd();
    expect(errorIn(bytes)).toMatchObject(refusal);
  });

  it.each(requests)('%s is refused within TLS', async (_name, request) => {
    const { port } = await proxyWith({ clientTls: { mode: 'accepted', context } });
    const options = { host: '127.0.0.1', port, ca, servername: 'localhost', ALPNProtocols: ['postgresql'] };
    const { bytes } = await RawClient.over(connectTls(options)).send(request).readToEnd();
    expect(errorIn(bytes)).toMatchObject(refusal);
  });
});

describe('protocol versions', () => {
  const rows: [string, Buffer, string | undefined][] = [
    ['3.0', startup(PROTOCOL_3_0), undefined],
    ['3.1, which was never released', startup(0x30001), undefined],
    ['3.2', startup(PROTOCOL_3_2), undefined],
    ['3.9999', startup((3 << 16) | 9999), 'v'],
    ['3.0 with an unknown protocol option', startup(PROTOCOL_3_0, [['_pq_.gprxy_test', 'on']]), 'v'],
  ];
  it.each(rows)('S28 answers %s byte for byte as PostgreSQL 18 does', async (_name, packet, first) => {
    const { port } = await proxyWith();
    const ours = await RawClient.open(port);
    const theirs = await RawClient.open(postgres.port);
    const [a, b] = [ours, theirs].map((client) => client.send(packet));
    const answer = await a?.read(first ? 30 : 1);
    if (!first) expect(answer?.toString()).toBe('R');
    else {
      const length = 1 + (answer as Buffer).readInt32BE(1);
      expect(answer?.subarray(0, length)).toEqual((await b?.read(30))?.subarray(0, length));
    }
    ours.socket.destroy();
    theirs.socket.destroy();
  });

  it('S28 refuses version 4.0 with the words of PostgreSQL 18', async () => {
    const { port } = await proxyWith();
    const packet = Buffer.from([0, 0, 0, 9, 0, 4, 0, 0, 0]);
    const [ours, theirs] = await Promise.all(
      [port, postgres.port].map(async (p) => (await (await RawClient.open(p)).send(packet).readToEnd()).bytes),
    );
    const { code, message, severity } = errorIn(theirs as Buffer);
    expect(errorIn(ours as Buffer)).toMatchObject({ code, message, severity });
  });

  it('S28 refuses a startup without a user with the words of PostgreSQL 18', async () => {
    const { port } = await proxyWith();
    const packet = encodeStartupMessage(PROTOCOL_3_0, [['database', 'postgres']]);
    const [ours, theirs] = await Promise.all(
      [port, postgres.port].map(async (p) => (await (await RawClient.open(p)).send(packet).readToEnd()).bytes),
    );
    const { code, message } = errorIn(theirs as Buffer);
    expect(errorIn(ours as Buffer)).toMatchObject({ code, message });
  });
});

describe('TLS towards the client', () => {
  it('is offered on SSLRequest and, with ALPN, directly', async () => {
    const { port } = await proxyWith({ clientTls: { mode: 'accepted', context } });
    const asked = await RawClient.open(port);
    expect((await asked.send(sslRequest).read(1)).toString()).toBe('S');
    asked.socket.removeAllListeners('data');
    const negotiated = RawClient.over(connectTls({ socket: asked.socket, ca, servername: 'localhost' }));
    const direct = RawClient.over(
      connectTls({ host: '127.0.0.1', port, ca, servername: 'localhost', ALPNProtocols: ['postgresql'] }),
    );
    for (const client of [negotiated, direct]) {
      expect((await client.send(startup()).read(1)).toString()).toBe('R');
      expect(client.socket).toBeInstanceOf(TLSSocket);
      client.socket.destroy();
    }
  });

  it('is refused with N where there is no certificate, and the login goes on in clear', async () => {
    const { port } = await proxyWith();
    const client = await RawClient.open(port);
    expect((await client.send(GSSENC_REQUEST).read(1)).toString()).toBe('N');
    expect((await client.send(sslRequest).read(1)).toString()).toBe('N');
    expect((await client.send(startup()).read(1)).toString()).toBe('R');
    client.socket.destroy();
  });
});
