import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { type Asked, askLoopback } from './ask.testing.ts';
import { type Probe, serveProbes, verdict } from './serve-probes.ts';

const probes = new Map<string, Probe>([
  ['/liveness', () => verdict(true)],
  ['/readiness', async () => verdict(false, { draining: true })],
  ['/broken', () => Promise.reject(new Error('s3cret'))],
  ['/metrics', () => ({ code: 200, body: '# metrics\n' })],
]);

async function withProbes<T>(work: (port: number) => Promise<T>): Promise<T> {
  const server = await serveProbes({ host: '127.0.0.1', port: 0, probes });
  try {
    return await work(server.address.port);
  } finally {
    await server.close();
  }
}

const ask = (path: string, asked?: Asked) => withProbes((port) => askLoopback(port, path, asked));
const sendBytes = (bytes: Buffer | string) =>
  withProbes(async (port) => {
    const socket = connect(port, '127.0.0.1');
    socket.write(bytes);
    return text(socket).catch(({ code }) => (code === 'ECONNRESET' ? '' : code));
  });

describe('what a probe is told', () => {
  it.each([
    ['/liveness', 200],
    ['/liveness?probe=1', 200],
    ['/readiness', 503],
    ['/broken', 503],
    ['/metrics', 200],
    ['/', 404],
    ['/constructor', 404],
  ])('%s is answered %i', async (path, code) => {
    expect((await ask(path)).code).toBe(code);
  });

  it('is JSON, which nobody keeps', async () => {
    const { headers, text } = await ask('/readiness');
    expect(headers).toMatchObject({ 'content-type': 'application/json', 'cache-control': 'no-store' });
    expect(JSON.parse(text)).toEqual({ status: 'failed', draining: true });
  });

  it('is for metrics the format that Prometheus asks for', async () => {
    const { headers, text } = await ask('/metrics');
    expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(text).toBe('# metrics\n');
  });

  it('says nothing of what went wrong', async () => {
    expect((await ask('/broken')).text).toBe('{"status":"failed"}\n');
  });

  it('has no body for HEAD', async () => {
    expect(await ask('/liveness', { method: 'HEAD' })).toMatchObject({ code: 200, text: '' });
  });

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])('is only that GET is taken, by %s', async (method) => {
    expect(await ask('/liveness', { method })).toMatchObject({ code: 405, headers: { allow: 'GET, HEAD' } });
  });
});

describe('whom it answers', () => {
  it.each<[host: string, code: number]>([
    ['localhost', 200],
    ['LOCALHOST:9187', 200],
    ['127.0.0.1:9187', 200],
    ['127.9.8.7', 200],
    ['[::1]:9187', 200],
    ['rebinding.example:9187', 403],
    ['localhost.rebinding.example', 403],
    ['127.0.0.1.rebinding.example', 403],
    ['127.0.0.256', 403],
    ['10.0.0.1:9187', 403],
    ['0.0.0.0', 403],
    ['[::ffff:10.0.0.1]', 403],
  ])('a request with the Host %j gets %i', async (host, code) => {
    expect((await ask('/liveness', { headers: { host } })).code).toBe(code);
  });

  it('a probe of HTTP/1.0 needs no Host', async () => {
    expect(await sendBytes('GET /liveness HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.1 200 /);
  });
});

describe('what it takes', () => {
  it.each<[what: string, asked: Asked]>([
    ['a body', { headers: { 'content-length': '2' }, body: '{}' }],
    ['a body in chunks', { headers: { 'transfer-encoding': 'chunked' }, body: '{}' }],
    ['a body that is announced', { headers: { 'content-length': '9', expect: '100-continue' } }],
  ])('%s is refused, unread', async (_, asked) => {
    expect(await ask('/liveness', asked)).toMatchObject({ code: 413, headers: { connection: 'close' } });
  });

  it('a body that comes with another method is not read either', async () => {
    const asked = { method: 'POST', headers: { 'content-length': '2' }, body: '{}' };
    expect(await ask('/liveness', asked)).toMatchObject({ code: 405, headers: { connection: 'close' } });
  });

  it.each([
    ['a StartupMessage', Buffer.from('0000002300030000757365720061006461746162617365006100000000000000', 'hex')],
    ['TLS', Buffer.from('16030100a5010000a10303', 'hex')],
    ['a WebSocket', 'GET /metrics HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n'],
    ['headers over 4 KiB', `GET / HTTP/1.1\r\nX: ${'x'.repeat(5_000)}\r\n\r\n`],
  ])('S35 %s: closed without a byte', async (_, bytes) => {
    expect(await sendBytes(bytes)).toBe('');
  });
});
