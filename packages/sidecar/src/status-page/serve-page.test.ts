import { type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type PageOptions, type ServedPage, servePage } from './serve-page.ts';

const start = Date.UTC(2030, 0, 1);

interface Page {
  readonly page: ServedPage;
  readonly origin: string;
  readonly signedIn: string[];
  readonly clock: { now: number };
}

async function openPage(options: Partial<PageOptions> = {}): Promise<Page> {
  const clock = { now: start };
  const signedIn: string[] = [];
  const page = await servePage({
    view: () => ({ canary: 'what the page shows' }),
    signIn: (profile) => profile === 'prod' && signedIn.push(profile) > 0,
    isOwnUser: async () => true,
    now: () => clock.now,
    ...options,
  });
  onTestFinished(() => page.close());
  return { page, origin: new URL(page.link()).origin, signedIn, clock };
}

interface Asked {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

/** By node:http, since fetch() lets nobody choose Host, Origin or Sec-Fetch-Site. */
async function ask(url: string, { method = 'GET', headers = {}, body }: Asked = {}) {
  const sent = request(url, { agent: false, method, headers });
  sent.on('error', () => {});
  sent.end(body);
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    sent.once('response', resolve).once('error', reject);
  });
  return { code: response.statusCode, headers: response.headers, text: await text(response) };
}

/** A browser that has come in by a link. */
async function visit(page: ServedPage) {
  const { headers, text } = await ask(page.link());
  const [setCookie = ''] = headers['set-cookie'] ?? [];
  const [, folder = ''] = /url=\/([\w-]+)\//.exec(text) ?? [];
  return { folder, setCookie, cookie: setCookie.split(';', 1)[0] ?? '' };
}

const closed = (code: number) => expect.objectContaining({ code, text: expect.not.stringContaining('canary') });

describe('a link', () => {
  it('leads in once, to a cookie that scripts and other sites do not get', async () => {
    const { page, origin } = await openPage();
    const { folder, setCookie, cookie } = await visit(page);
    expect(setCookie).toMatch(/^gprxy_status=[\w-]{43}; Path=\/[\w-]{43}\/; HttpOnly; SameSite=Strict; Max-Age=43200$/);
    const view = await ask(`${origin}/${folder}/view`, { headers: { cookie } });
    expect(view).toMatchObject({ code: 200, text: '{"canary":"what the page shows"}\n' });
  });

  it('that has been used leads nowhere', async () => {
    const { page } = await openPage();
    const link = page.link();
    expect((await ask(link)).code).toBe(200);
    const again = await ask(link);
    expect(again).toEqual(closed(403));
    expect(again.headers).not.toHaveProperty('set-cookie');
    expect(again.text).toContain('gprxy status --web');
  });

  it('that many ask for at the same time lets one in', async () => {
    const { page } = await openPage();
    const link = page.link();
    const answers = await Promise.all(Array.from({ length: 10 }, () => ask(link)));
    expect(answers.filter(({ code }) => code === 200)).toHaveLength(1);
  });

  it('is over after two minutes', async () => {
    const { page, clock } = await openPage();
    const link = page.link();
    clock.now += 120_000;
    expect(await ask(link)).toEqual(closed(403));
  });

  it('is not used up by a look that is none', async () => {
    const { page } = await openPage();
    const link = page.link();
    expect((await ask(link, { method: 'HEAD' })).code).toBe(403);
    expect((await ask(link)).code).toBe(200);
  });

  it('makes room: of more than sixteen the oldest ends', async () => {
    const { page } = await openPage();
    const [oldest = '', ...others] = Array.from({ length: 17 }, () => page.link());
    expect((await ask(oldest)).code).toBe(403);
    expect((await ask(others[0] ?? '')).code).toBe(200);
  });
});

describe('without a visit nothing is shown', () => {
  it.each([
    ['no cookie', () => ({})],
    ['a made-up cookie', () => ({ cookie: 'gprxy_status=AAAA' })],
    ['the cookie of another visit', (other: string) => ({ cookie: other })],
  ])('%s', async (_, headersFor) => {
    const { page, origin } = await openPage();
    const [mine, other] = [await visit(page), await visit(page)];
    for (const path of ['', 'view', 'status.js']) {
      expect(await ask(`${origin}/${mine.folder}/${path}`, { headers: headersFor(other.cookie) })).toEqual(closed(403));
    }
  });

  it.each(['/', '/view', '/status.js', '/open/', '/open/x', '/x/view', '//', '/../view', '/%2e%2e/view'])(
    'nor at %s',
    async (path) => {
      const { origin } = await openPage();
      expect(await ask(`${origin}${path}`)).toEqual(closed(403));
    },
  );

  it('nor after twelve hours', async () => {
    const { page, origin, clock } = await openPage();
    const { folder, cookie } = await visit(page);
    clock.now += 12 * 3_600_000;
    expect(await ask(`${origin}/${folder}/view`, { headers: { cookie } })).toEqual(closed(403));
  });
});

describe('other pages in the same browser', () => {
  async function inside() {
    const opened = await openPage();
    const { folder, cookie } = await visit(opened.page);
    const at = (path: string, asked: Asked = {}) =>
      ask(`${opened.origin}/${folder}/${path}`, { ...asked, headers: { cookie, ...asked.headers } });
    return { ...opened, at };
  }

  it.each(['rebinding.example', 'localhost', '127.0.0.1', '127.0.0.1:1', '[::1]'])(
    'cannot read by a name of their own that leads here (Host: %s)',
    async (host) => {
      const { at, page } = await inside();
      expect(await at('view', { headers: { host } })).toEqual(closed(403));
      expect(await ask(page.link(), { headers: { host } })).toEqual(closed(403));
    },
  );

  it.each([
    ['another site', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }],
    ['another port of this machine', { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'cors' }],
    ['a frame', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' }],
    ['an object', { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'object' }],
  ])('get nothing as %s', async (_, headers) => {
    const { at } = await inside();
    expect(await at('', { headers })).toEqual(closed(403));
    expect(await at('view', { headers })).toEqual(closed(403));
  });

  it.each([
    ['without an origin', (_own: string) => ({ 'x-gprxy-page': '1' })],
    ['of another origin', () => ({ origin: 'https://evil.example', 'x-gprxy-page': '1' })],
    ['of another port', () => ({ origin: 'http://127.0.0.1:1', 'x-gprxy-page': '1' })],
    ['of a sandbox', () => ({ origin: 'null', 'x-gprxy-page': '1' })],
    ['by a form', (own: string) => ({ origin: own })],
    [
      'that a browser calls cross-site',
      (own: string) => ({ origin: own, 'x-gprxy-page': '1', 'sec-fetch-site': 'cross-site' }),
    ],
    [
      'that goes there itself',
      (own: string) => ({
        ...{ origin: own, 'x-gprxy-page': '1' },
        ...{ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
      }),
    ],
  ])('begin no login by a POST %s', async (_, headersFor) => {
    const { at, origin, signedIn } = await inside();
    expect((await at('sign-in/prod', { method: 'POST', headers: headersFor(origin) })).code).toBe(403);
    expect(signedIn).toEqual([]);
  });

  it('while the page itself may', async () => {
    const { at, origin, signedIn } = await inside();
    const own = { method: 'POST', headers: { origin, 'x-gprxy-page': '1', 'sec-fetch-site': 'same-origin' } };
    expect((await at('sign-in/prod', own)).code).toBe(202);
    expect((await at('sign-in/other', own)).code).toBe(404);
    expect((await at('sign-in/../prod', own)).code).not.toBe(202);
    expect(signedIn).toEqual(['prod']);
  });

  it('may not frame it, sniff it, load it as their own or learn its address', async () => {
    const { at } = await inside();
    for (const path of ['', 'view', 'status.css', 'status.js', 'nothing']) {
      const { headers } = await at(path);
      expect(headers).toMatchObject({
        'content-security-policy': expect.stringMatching(/^default-src 'none';.*frame-ancestors 'none'$/),
        'x-frame-options': 'DENY',
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-resource-policy': 'same-origin',
        'cross-origin-opener-policy': 'same-origin',
        'cache-control': 'no-store',
      });
      expect(headers).not.toHaveProperty('access-control-allow-origin');
      expect(headers['content-security-policy']).not.toMatch(/unsafe|\*|https?:/);
    }
  });
});

describe('what it takes', () => {
  it.each<[what: string, asked: Asked, code: number]>([
    ['a body', { method: 'POST', headers: { 'content-length': '2' }, body: '{}' }, 413],
    ['another method', { method: 'DELETE' }, 405],
  ])('%s is refused', async (_, asked, code) => {
    const { page, origin } = await openPage();
    const { folder, cookie } = await visit(page);
    const headers = { cookie, ...asked.headers };
    expect((await ask(`${origin}/${folder}/view`, { ...asked, headers })).code).toBe(code);
  });

  it.each([
    ['a StartupMessage', Buffer.from('0000002300030000757365720061006461746162617365006100000000000000', 'hex')],
    ['TLS', Buffer.from('16030100a5010000a10303', 'hex')],
    ['a WebSocket', Buffer.from('GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n')],
  ])('S35 %s: closed without a byte', async (_, bytes) => {
    const { origin } = await openPage();
    expect(await raw(origin, bytes)).toBe('');
  });

  it('S15 another OS user: closed without a byte, whatever is asked', async () => {
    const { page, origin } = await openPage({ isOwnUser: async () => false });
    const { pathname, host } = new URL(page.link());
    expect(await raw(origin, Buffer.from(`GET ${pathname} HTTP/1.1\r\nHost: ${host}\r\n\r\n`))).toBe('');
  });

  it('S15 whoever cannot be looked up is a stranger', async () => {
    const { page } = await openPage({ isOwnUser: () => Promise.reject(new Error('EMFILE')) });
    await expect(ask(page.link())).rejects.toThrow();
  });
});

/** All that comes back, until the other side closes. */
function raw(origin: string, bytes: Buffer): Promise<string> {
  const socket = connect(Number(new URL(origin).port), '127.0.0.1');
  socket.write(bytes);
  return text(socket).catch(({ code }) => (code === 'ECONNRESET' ? '' : code));
}

it('S25 what cannot be shown ends nothing but its own request, in words that are ours', async () => {
  const { page, origin } = await openPage({
    view: () => {
      throw new Error('canary');
    },
  });
  const { folder, cookie } = await visit(page);
  expect(await ask(`${origin}/${folder}/view`, { headers: { cookie } })).toEqual(closed(500));
  expect((await ask(`${origin}/${folder}/`, { headers: { cookie } })).code).toBe(200);
});
