import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createCertificateAuthority, startOidcProvider, type TestProvider } from '@gprxy/testkit';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { failureOf, neverAborts, settingsFor, testDependencies, testDirectory } from './dependencies.testing.ts';
import { createFetch } from './fetch.ts';
import { loggedIn } from './logged-in.testing.ts';
import { loginWithDevice } from './oidc/device-login.testing.ts';

let provider: TestProvider;
let authority: string;
beforeAll(async () => {
  const ca = await createCertificateAuthority();
  provider = await startOidcProvider({ ca });
  authority = ca.certPem;
});
afterAll(() => provider.stop());

function caFile(): string {
  const path = join(testDirectory(), 'ca.pem');
  writeFileSync(path, authority);
  return path;
}

/** A forward proxy that only knows CONNECT, and remembers whereto. */
async function startProxy() {
  const connects: string[] = [];
  const proxy = http.createServer((_request, response) => response.writeHead(405).end());
  proxy.on('connect', (request, client, head) => {
    connects.push(request.url ?? '');
    const { hostname, port } = new URL(`http://${request.url}`);
    const server = net.connect(Number(port), hostname, () => {
      client.write('HTTP/1.1 200 Connected\r\n\r\n');
      server.write(head);
      server.pipe(client).pipe(server);
    });
    for (const socket of [client, server]) socket.on('error', () => undefined);
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  onTestFinished(() => {
    proxy.close();
    proxy.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, connects };
}

async function refusal(fetch: typeof globalThis.fetch) {
  const deps = testDependencies({ fetch });
  return failureOf(loginWithDevice(settingsFor(provider), deps, () => undefined, neverAborts));
}

describe('fetch', () => {
  it('is as good as Node has it when nothing is asked for', async () => {
    const error = await refusal(createFetch({ env: {} }));
    expect(error).toMatchObject({ code: 'ERR_PROVIDER_UNREACHABLE', hint: expect.stringContaining('ca_file') });
    expect(error.message).toContain('certificate');
  });

  it('trusts a private CA', async () => {
    const deps = testDependencies({ fetch: createFetch({ env: {}, caFile: caFile() }) });
    const { store } = await loggedIn(provider, { deps });
    expect(store.logins.get('prod')).toMatchObject({ issuer: provider.issuer, subject: 'alice' });
  });

  it('goes through HTTPS_PROXY, with a private CA behind it', async () => {
    for (const name of ['HTTPS_PROXY', 'https_proxy']) {
      const proxy = await startProxy();
      const deps = testDependencies({ fetch: createFetch({ env: { [name]: proxy.url }, caFile: caFile() }) });
      await loggedIn(provider, { deps });
      expect(new Set(proxy.connects)).toEqual(new Set([new URL(provider.issuer).host]));
    }
  });

  it('goes around the proxy for NO_PROXY', async () => {
    const proxy = await startProxy();
    const env = { HTTPS_PROXY: proxy.url, NO_PROXY: 'localhost' };
    await loggedIn(provider, { deps: testDependencies({ fetch: createFetch({ env, caFile: caFile() }) }) });
    expect(proxy.connects).toEqual([]);
  });

  it('looks at the environment that it is given, and at no other', async () => {
    const before = process.env.HTTPS_PROXY;
    process.env.HTTPS_PROXY = 'http://127.0.0.1:1';
    onTestFinished(() => {
      if (before === undefined) delete process.env.HTTPS_PROXY;
      else process.env.HTTPS_PROXY = before;
    });
    const deps = testDependencies({ fetch: createFetch({ env: {}, caFile: caFile() }) });
    await expect(loggedIn(provider, { deps })).resolves.toBeDefined();
  });

  it('checks the certificate behind a proxy too', async () => {
    const proxy = await startProxy();
    const error = await refusal(createFetch({ env: { HTTPS_PROXY: proxy.url } }));
    expect(error).toMatchObject({ code: 'ERR_PROVIDER_UNREACHABLE' });
    expect(error.message).toContain('certificate');
  });

  it('says which CA file it cannot read, and reads it once it is there', async () => {
    const path = join(testDirectory(), 'later.pem');
    const fetch = createFetch({ env: {}, caFile: path });
    const error = await refusal(fetch);
    expect(error.message).toContain(`${path} (ENOENT)`);
    expect(error.hint).toContain('ca_file');
    writeFileSync(path, authority);
    await expect(loggedIn(provider, { deps: testDependencies({ fetch }) })).resolves.toBeDefined();
  });

  it('names a proxy that is not there, without its password', async () => {
    const error = await refusal(
      createFetch({ env: { HTTPS_PROXY: 'http://me:canary@127.0.0.1:1' }, caFile: caFile() }),
    );
    expect(error).toMatchObject({ code: 'ERR_PROVIDER_UNREACHABLE' });
    expect(error.stack).not.toContain('canary');
  });
});
