import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { has, startHttpProxy, startSocksProxy, startSshServer, type TestSshServer } from '@gprxy/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { httpProxyRoute } from './http-proxy.ts';
import type { Route } from './route.ts';
import { socksProxyRoute } from './socks-proxy.ts';
import { type SshJump, sshJumpRoute } from './ssh-jump.ts';

const open: { close(): void }[] = [];
let upstream: Server;
let address: { host: string; port: number };
const never = new AbortController().signal;
const login = { user: 'alice', password: 'wonderland' };

/** Says what it got in capitals. */
beforeAll(async () => {
  upstream = createServer((socket) => {
    socket.on('error', () => {});
    socket.setEncoding('utf8').on('data', (text) => socket.end(String(text).toUpperCase()));
  }).listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  address = { host: '127.0.0.1', port: (upstream.address() as AddressInfo).port };
});
afterAll(() => void upstream.close());
afterEach(() => {
  for (const each of open.splice(0)) each.close();
});

function using(route: Route): Route {
  open.push(route);
  return route;
}

async function converse(socket: Socket): Promise<string> {
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk) => {
    text += chunk;
  });
  socket.write('hello');
  await once(socket, 'end');
  return text;
}

const refusedPort = async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
};

describe.runIf(has.httpProxy)('through an HTTP proxy', () => {
  it('an upstream is reached', async () => {
    await using proxy = await startHttpProxy();
    const { dial } = httpProxyRoute({ host: '127.0.0.1', port: proxy.port, encrypted: false });
    expect(await converse(await dial(address, never))).toBe('HELLO');
  });

  it('the proxy is told its user and password, and says when they are wrong', async () => {
    await using proxy = await startHttpProxy(login);
    const hop = { host: '127.0.0.1', port: proxy.port, encrypted: false };
    const { dial } = httpProxyRoute({ ...hop, ...login });
    expect(await converse(await dial(address, never))).toBe('HELLO');
    await expect(httpProxyRoute(hop).dial(address, never)).rejects.toMatchObject({
      sqlState: '08001',
      message: `the tunnel was refused by the HTTP proxy 127.0.0.1:${proxy.port}`,
      hint: expect.stringContaining('via_password_file'),
    });
  });

  it('an upstream that is down is told from a proxy that is', async () => {
    await using proxy = await startHttpProxy();
    const port = await refusedPort();
    const through = httpProxyRoute({ host: '127.0.0.1', port: proxy.port, encrypted: false });
    await expect(through.dial({ host: '127.0.0.1', port }, never)).rejects.toMatchObject({
      message: expect.stringContaining('the tunnel was refused'),
    });
    const nowhere = httpProxyRoute({ host: '127.0.0.1', port, encrypted: false });
    await expect(nowhere.dial(address, never)).rejects.toMatchObject({
      message: `could not connect to the HTTP proxy 127.0.0.1:${port}`,
      detail: 'ECONNREFUSED',
    });
  });
});

describe.runIf(has.socksProxy)('through a SOCKS proxy', () => {
  it('an upstream is reached by address and by name', async () => {
    await using proxy = await startSocksProxy();
    const { dial } = socksProxyRoute({ host: '127.0.0.1', port: proxy.port });
    expect(await converse(await dial(address, never))).toBe('HELLO');
    expect(await converse(await dial({ ...address, host: 'localhost' }, never))).toBe('HELLO');
  });

  it('the proxy is told its user and password, and says when they are wrong', async () => {
    await using proxy = await startSocksProxy(login);
    const hop = { host: '127.0.0.1', port: proxy.port };
    expect(await converse(await socksProxyRoute({ ...hop, ...login }).dial(address, never))).toBe('HELLO');
    const wrong = socksProxyRoute({ ...hop, user: 'alice', password: 'looking-glass' });
    await expect(wrong.dial(address, never)).rejects.toMatchObject({
      sqlState: '08001',
      message: `no connection through the SOCKS proxy 127.0.0.1:${proxy.port}`,
    });
  });
});

describe.runIf(has.sshServer)('through an SSH jump host', () => {
  let server: TestSshServer;
  beforeAll(async () => {
    server = await startSshServer();
  });
  afterAll(() => server?.stop());

  const jump = (changes: Partial<SshJump> = {}): Route =>
    using(
      sshJumpRoute({
        host: '127.0.0.1',
        port: server.port,
        user: server.user,
        privateKey: server.privateKey,
        knownHosts: async () => server.knownHosts,
        ...changes,
      }),
    );

  it('many upstream connections share one login there', async () => {
    const before = server.output().split('Accepted publickey').length;
    const { dial } = jump();
    const sockets = await Promise.all([1, 2, 3].map(() => dial(address, never)));
    expect(await Promise.all(sockets.map(converse))).toEqual(['HELLO', 'HELLO', 'HELLO']);
    expect(server.output().split('Accepted publickey').length - before).toBe(1);
  });

  it('sends nothing to a jump host that known_hosts does not know', async () => {
    const unknown = jump({ knownHosts: async () => 'jump.example ssh-ed25519 AAAA\n' });
    await expect(unknown.dial(address, never)).rejects.toMatchObject({
      message: `known_hosts has no key of the SSH jump host 127.0.0.1:${server.port}`,
      hint: expect.stringContaining(`ssh -p ${server.port}`),
    });
  });

  it('sends nothing to a jump host with another key than known_hosts has', async () => {
    await using other = await startSshServer();
    const key = other.knownHosts.split(' ').at(-1);
    const changed = jump({ knownHosts: async () => `[127.0.0.1]:${server.port} ssh-ed25519 ${key}` });
    await expect(changed.dial(address, never)).rejects.toMatchObject({
      message: `known_hosts has another key of the SSH jump host 127.0.0.1:${server.port}`,
      detail: expect.stringContaining('SHA256:'),
    });
  });

  it('refuses a key that is marked as revoked, whatever else the file says', async () => {
    const revoked = jump({ knownHosts: async () => `${server.knownHosts}@revoked ${server.knownHosts}` });
    await expect(revoked.dial(address, never)).rejects.toMatchObject({ code: 'ERR_ROUTE' });
  });

  it('says when nobody is let in', async () => {
    await using other = await startSshServer();
    await expect(jump({ privateKey: other.privateKey }).dial(address, never)).rejects.toMatchObject({
      message: `no login as ${server.user} at the SSH jump host 127.0.0.1:${server.port}`,
      hint: expect.stringContaining('ssh-add'),
    });
  });

  it('says when there is no way on from there, and goes on for others', async () => {
    const { dial } = jump();
    await expect(dial({ host: '127.0.0.1', port: await refusedPort() }, never)).rejects.toMatchObject({
      message: expect.stringContaining('from the SSH jump host'),
    });
    expect(await converse(await dial(address, never))).toBe('HELLO');
  });

  it('logs in again once the connection was lost', async () => {
    const { dial, close } = jump();
    const lost = await dial(address, never);
    close();
    await once(lost.resume(), 'close');
    expect(await converse(await dial(address, never))).toBe('HELLO');
  });

  it('closes a channel that nobody waits for any more', async () => {
    const { dial } = jump();
    await dial(address, never);
    const giving = new AbortController();
    const dialled = dial(address, giving.signal);
    giving.abort(new Error('gave up'));
    await expect(dialled).rejects.toThrow('gave up');
  });
});
