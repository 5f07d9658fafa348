import { type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import type { ListenerStatus, SidecarStatus } from '../control/status.ts';
import { type HealthServer, serveHealth } from './serve-health.ts';

const listener = { profile: 'prod', address: '127.0.0.1:5433', connections: 0, totalConnections: 0 } as const;
const at = (state: ListenerStatus['state']): ListenerStatus => ({ ...listener, state });
const running: SidecarStatus = {
  version: 1,
  pid: 1,
  startedAt: '2030-01-01T00:00:00.000Z',
  state: 'running',
  listeners: [at('listening')],
  problems: [],
};

async function withHealth<T>(status: Partial<SidecarStatus>, work: (server: HealthServer) => Promise<T>): Promise<T> {
  const server = await serveHealth({
    ...{ host: '127.0.0.1', port: 0 },
    status: () => ({ ...running, ...status }),
    metrics: async () => '# metrics\n',
  });
  try {
    return await work(server);
  } finally {
    await server.close();
  }
}

interface Asked {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

/** By node:http, since fetch() lets nobody choose the Host header. */
function ask(path: string, status: Partial<SidecarStatus> = {}, { method = 'GET', headers = {}, body }: Asked = {}) {
  return withHealth(status, async ({ address: { port } }) => {
    const sent = request({ host: '127.0.0.1', port, path, agent: false, method, headers });
    sent.on('error', () => {});
    sent.end(body);
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      sent.once('response', resolve).once('error', reject);
    });
    return { code: response.statusCode, headers: response.headers, text: await text(response) };
  });
}

const problem = { profile: 'dev', message: 'the upstream is no URL' };

describe('three questions, and the metrics', () => {
  it.each<[path: string, status: Partial<SidecarStatus>, code: number]>([
    ['/startup', { state: 'starting' }, 503],
    ['/startup', {}, 200],
    ['/startup', { state: 'stopping' }, 200],
    ['/liveness', { state: 'stopping', listeners: [] }, 200],
    ['/readiness', {}, 200],
    ['/readiness?probe=1', {}, 200],
    ['/readiness', { state: 'starting' }, 503],
    ['/readiness', { state: 'stopping' }, 503],
    ['/readiness', { listeners: [at('listening'), at('failed')] }, 503],
    ['/readiness', { listeners: [at('listening'), at('draining')] }, 200],
    ['/readiness', { problems: [problem] }, 503],
    ['/readiness', { problems: [{ message: 'the file is not TOML' }] }, 200],
    ['/metrics', {}, 200],
    ['/', {}, 404],
    ['/constructor', {}, 404],
  ])('%s of %j is answered %i', async (path, status, code) => {
    expect((await ask(path, status)).code).toBe(code);
  });

  it('says which address is missing, and to other users of the machine not why', async () => {
    const status = { listeners: [at('listening'), { ...at('failed'), address: '127.0.0.1:1' }], problems: [problem] };
    expect(JSON.parse((await ask('/readiness', status)).text)).toEqual({
      status: 'failed',
      draining: false,
      checks: [
        { profile: 'prod', address: '127.0.0.1:5433', ok: true },
        { profile: 'prod', address: '127.0.0.1:1', ok: false },
        { profile: 'dev', ok: false },
      ],
    });
  });

  it('serves metrics in the format that Prometheus asks for', async () => {
    const { headers, text } = await ask('/metrics');
    expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(text).toBe('# metrics\n');
  });

  it('answers HEAD without a body', async () => {
    expect(await ask('/readiness', {}, { method: 'HEAD' })).toMatchObject({ code: 200, text: '' });
  });

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])('changes nothing by %s', async (method) => {
    expect(await ask('/readiness', {}, { method })).toMatchObject({ code: 405, headers: { allow: 'GET, HEAD' } });
  });
});

describe('whom it answers', () => {
  it.each<[host: string, code: number]>([
    ['localhost', 200],
    ['LOCALHOST:9187', 200],
    ['127.9.8.7', 200],
    ['[::1]:9187', 200],
    ['rebinding.example:9187', 403],
    ['127.0.0.1.rebinding.example', 403],
    ['10.0.0.1:9187', 403],
    ['[::ffff:10.0.0.1]', 403],
  ])('a request with the Host %j gets %i', async (host, code) => {
    expect((await ask('/metrics', {}, { headers: { host } })).code).toBe(code);
  });

  it('a probe of HTTP/1.0 needs no Host', async () => {
    const answer = await withHealth({}, async ({ address: { port } }) => {
      const socket = connect(port, '127.0.0.1');
      socket.write('GET /liveness HTTP/1.0\r\n\r\n');
      return text(socket);
    });
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
  });
});

describe('what it takes', () => {
  it.each<[what: string, asked: Asked]>([
    ['a body', { headers: { 'content-length': '2' }, body: '{}' }],
    ['a body in chunks', { headers: { 'transfer-encoding': 'chunked' }, body: '{}' }],
    ['a body that is announced', { headers: { 'content-length': '9', expect: '100-continue' } }],
  ])('%s is refused, unread', async (_, asked) => {
    expect(await ask('/readiness', {}, asked)).toMatchObject({ code: 413, headers: { connection: 'close' } });
  });

  it.each([
    ['a StartupMessage', Buffer.from('0000002300030000757365720061006461746162617365006100000000000000', 'hex')],
    ['TLS', Buffer.from('16030100a5010000a10303', 'hex')],
    [
      'a WebSocket',
      Buffer.from('GET /metrics HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n'),
    ],
    ['headers over 4 KiB', Buffer.from(`GET / HTTP/1.1\r\nX: ${'x'.repeat(5_000)}\r\n\r\n`)],
  ])('S35 %s: closed without a byte', async (_, bytes) => {
    const answer = await withHealth({}, async ({ address: { port } }) => {
      const socket = connect(port, '127.0.0.1');
      socket.write(bytes);
      return text(socket).catch(({ code }) => (code === 'ECONNRESET' ? '' : code));
    });
    expect(answer).toBe('');
  });
});
