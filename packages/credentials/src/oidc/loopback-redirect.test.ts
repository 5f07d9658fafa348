import http from 'node:http';
import { connect } from 'node:net';
import { signInAtBrowser, startOidcProvider, type TestProvider } from '@gprxy/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { failureOf } from '../dependencies.testing.ts';
import { beginBrowserLogin } from './browser-login.testing.ts';

let provider: TestProvider;
beforeAll(async () => {
  provider = await startOidcProvider();
});
afterAll(() => provider.stop());
afterEach(() => provider.resume());

const begin = () => beginBrowserLogin(provider);

describe('requests that do not belong to the login', () => {
  it('get an error page, and the login goes on', async () => {
    const { result, prompt, state, comeBack } = await begin();
    const wrong = { code: 'stolen', iss: provider.issuer };
    expect((await comeBack({ ...wrong, state: 'wrong' })).status).toBe(400);
    expect((await comeBack(wrong)).status).toBe(400);
    expect((await fetch(`${prompt.redirectUri}?state=${state}&state=${state}&code=x`)).status).toBe(400);
    for (const method of ['POST', 'HEAD', 'PUT', 'OPTIONS'])
      expect((await comeBack({ ...wrong, state }, { method })).status).toBe(405);
    for (const path of ['/', '/callback/', '/favicon.ico', '//callback', '/CALLBACK']) {
      expect((await fetch(`${new URL(prompt.redirectUri).origin}${path}?state=${state}&code=x`)).status).toBe(404);
    }
    await signInAtBrowser(prompt.url, { user: 'alice' });
    expect(await result).toMatchObject({ subject: 'alice' });
  });

  it('nor those under another host name, as after DNS rebinding', async () => {
    const { prompt, state } = await begin();
    const { port } = new URL(prompt.redirectUri);
    for (const host of ['evil.example', `evil.example:${port}`, '127.0.0.1', `localhost:${port}`]) {
      expect(await statusWith(prompt.redirectUri, state, host)).toBe(421);
    }
  });

  it('nor those that are no requests at all', async () => {
    const { result, prompt, state, comeBack } = await begin();
    const { port, pathname } = new URL(prompt.redirectUri);
    for (const bytes of [
      '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
      'GET\r\n\r\n',
      `GET ${pathname}?state=${state}&code=x HTTP/1.1\r\n\r\n`,
      `GET http://evil.example${pathname}?state=${state}&code=x HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`,
      `GET ${pathname}?state=${state}&code=x HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nHost: evil.example\r\n\r\n`,
      `GET ${pathname}?state=${'x'.repeat(100_000)} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`,
      `CONNECT 127.0.0.1:${port} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`,
      `GET ${pathname} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n`,
      '',
    ]) {
      expect(await answerTo(bytes, Number(port))).not.toMatch(/^HTTP\/1\.1 (200|403|502)/);
    }
    expect((await comeBack({ state: 'wrong' })).status).toBe(400);
    await signInAtBrowser(prompt.url, { user: 'alice' });
    expect(await result).toMatchObject({ subject: 'alice' });
  });

  it('cannot end it twice', async () => {
    const { result, state, comeBack, abort } = await begin();
    await provider.pause('hang');
    const answer = { state, code: 'one', iss: provider.issuer };
    const pages = await Promise.race([comeBack(answer), comeBack(answer)]);
    expect(pages.status).toBe(410);
    abort();
    expect(await failureOf(result)).toMatchObject({ code: 'ERR_ABORTED' });
  });

  it('see a page that loads nothing, runs nothing of others, and is not kept', async () => {
    const { comeBack } = await begin();
    const page = await comeBack({ state: 'wrong' });
    const policy = page.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe');
    expect(Object.fromEntries(page.headers)).toMatchObject({
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    });
    expect(await page.text()).not.toMatch(/(src|href)="(?!data:)/);
  });
});

function statusWith(redirectUri: string, state: string, host: string): Promise<number> {
  const { hostname, port, pathname } = new URL(redirectUri);
  return new Promise((resolve, reject) => {
    const request = http.get(
      { hostname, port, path: `${pathname}?state=${state}&code=x`, headers: { host } },
      (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      },
    );
    request.once('error', reject);
  });
}

/** What comes back for these bytes, until the other side closes. */
function answerTo(bytes: string, port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    let answer = '';
    socket.setEncoding('latin1').on('data', (text: string) => {
      answer += text;
    });
    socket.once('error', () => resolve(answer)).once('close', () => resolve(answer));
    socket.end(bytes, 'latin1');
  });
}
