import { type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import type { Readiness } from './readiness.ts';
import { type Admin, type AdminOptions, startAdmin } from './start-admin.ts';

async function withAdmin<T>(options: Partial<AdminOptions>, work: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = await startAdmin({
    address: { host: '127.0.0.1', port: 0 },
    startup: () => true,
    readiness: async () => ({ ready: true, checks: [{ kind: 'database', name: 'sales', ok: true }] }),
    isDraining: () => false,
    ...options,
  });
  try {
    return await work(admin);
  } finally {
    await admin.close();
  }
}

interface Asked {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

/** By node:http, since fetch() lets nobody choose the Host header. */
function ask(path: string, options: Partial<AdminOptions> = {}, { method, headers, body }: Asked = {}) {
  return withAdmin(options, async ({ address: { port } }) => {
    const sent = request({
      host: '127.0.0.1',
      port,
      path,
      agent: false,
      method: method ?? 'GET',
      headers: headers ?? {},
    });
    sent.on('error', () => {});
    sent.end(body);
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      sent.once('response', resolve).once('error', reject);
    });
    return { status: response.statusCode, headers: response.headers, text: await text(response) };
  });
}

const checks: Readiness['checks'] = [{ kind: 'database', name: 'sales', ok: false, message: 'ECONNREFUSED' }];
const failing = { readiness: async () => ({ ready: false, checks }) };

describe('three questions', () => {
  it.each<[path: string, options: Partial<AdminOptions>, status: number]>([
    ['/startup', {}, 200],
    ['/startup', { startup: () => false }, 503],
    ['/liveness', {}, 200],
    ['/liveness', failing, 200],
    ['/readiness', {}, 200],
    ['/readiness?probe=1', {}, 200],
    ['/readiness', failing, 503],
    ['/readiness', { isDraining: () => true }, 503],
    ['/readiness', { readiness: () => Promise.reject(new Error('x')) }, 503],
    ['/metrics', {}, 404],
    ['/', {}, 404],
    ['/constructor', {}, 404],
    ['constructor', {}, 400],
  ])('%s with %j is answered %i', async (path, options, status) => {
    expect((await ask(path, options)).status).toBe(status);
  });

  it('says what is missing', async () => {
    const answer = await ask('/readiness', failing);
    expect(answer.headers['content-type']).toBe('application/json');
    expect(JSON.parse(answer.text)).toEqual({ status: 'failed', draining: false, checks });
  });

  it('answers HEAD without a body', async () => {
    expect(await ask('/readiness', {}, { method: 'HEAD' })).toMatchObject({ status: 200, text: '' });
  });

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])('changes nothing by %s', async (method) => {
    expect(await ask('/readiness', {}, { method })).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } });
  });
});

describe('whom it answers', () => {
  it.each<[host: string, status: number]>([
    ['localhost', 200],
    ['LOCALHOST:6433', 200],
    ['127.0.0.1:6433', 200],
    ['127.9.8.7', 200],
    ['[::1]:6433', 200],
    ['rebinding.example:6433', 403],
    ['localhost.rebinding.example', 403],
    ['127.0.0.1.rebinding.example', 403],
    ['10.0.0.1:6433', 403],
    ['0.0.0.0', 403],
    ['[::ffff:10.0.0.1]', 403],
  ])('a request with the Host %j gets %i', async (host, status) => {
    expect((await ask('/readiness', {}, { headers: { host } })).status).toBe(status);
  });

  it('a probe of HTTP/1.0 needs no Host', async () => {
    const answer = await withAdmin({}, async ({ address: { port } }) => {
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
  ])('%s is refused, unread', async (_what, asked) => {
    expect(await ask('/readiness', {}, asked)).toMatchObject({ status: 413, headers: { connection: 'close' } });
  });

  it('headers over 4 KiB are refused', async () => {
    expect((await ask('/readiness', {}, { headers: { 'x-long': 'x'.repeat(5_000) } })).status).toBe(431);
  });
});
