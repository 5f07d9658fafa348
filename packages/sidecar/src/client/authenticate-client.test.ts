import type { ClientConnection } from '@gprxy/proxy-core';
import { describe, expect, it } from 'vitest';
import { type ClientCheck, createClientCheck } from './authenticate-client.ts';

const tcp = { host: '127.0.0.1', port: 5433 };
const peer = { address: '127.0.0.1', port: 50_000, localAddress: '127.0.0.1', localPort: 5433 };
const seeing = (uid: number | undefined) => ({
  available: async () => true,
  uidOf: async () => uid,
  uidListeningOn: async () => undefined,
});
async function check(given: Partial<ClientCheck>) {
  const options = {
    address: tcp,
    localAuth: 'same-user',
    ownUid: 1000,
    peers: seeing(1000),
    password: undefined,
  } as const;
  const authenticate = await createClientCheck({ ...options, ...given });
  const channel = { unreadBytes: 0, socket: { readableHighWaterMark: 1 } };
  return (from: object) =>
    authenticate({ peer: from, channel } as unknown as ClientConnection, AbortSignal.timeout(20_000));
}

describe('lets in', () => {
  const table: Array<[string, Partial<ClientCheck>, object]> = [
    ['the same OS user', {}, peer],
    ['root, where the sidecar is run by root', { ownUid: 0, peers: seeing(0) }, peer],
    ['anybody whom the profile trusts', { localAuth: 'trust', peers: seeing(1001) }, peer],
    ['whoever can open the Unix socket', { address: { path: '/s' }, peers: seeing(undefined) }, {}],
  ];
  it.each(table)('%s', async (_, given, from) => {
    const authenticate = await check(given);
    await expect(authenticate(from)).resolves.toBeUndefined();
  });
});

describe('S15 refuses', () => {
  const table: Array<[string, Partial<ClientCheck>, object, RegExp]> = [
    ['another OS user', { peers: seeing(1001) }, peer, /refused OS user 1001/],
    ['root, where the sidecar is not run by root', { peers: seeing(0) }, peer, /refused OS user 0/],
    ['a peer that cannot be found', { peers: seeing(undefined) }, peer, /could not be found out/],
    ['a peer that hung up before it was looked at', {}, {}, /could not be found out/],
  ];
  it('a peer that cannot be found, as one of another container, and says what to do then', async () => {
    const authenticate = await check({ peers: seeing(undefined) });
    await expect(authenticate(peer)).rejects.toMatchObject({
      clientMessage: expect.stringContaining('cannot see which OS user'),
      hint: expect.stringMatching(/network namespaces, set listen = "unix" or local_auth = "password"/),
    });
  });

  it.each(table)('%s', async (_, given, from, message) => {
    const authenticate = await check(given);
    await expect(authenticate(from)).rejects.toMatchObject({
      sqlState: '28000',
      message: expect.stringMatching(message),
      clientMessage: expect.not.stringMatching(/\d/),
      hint: expect.stringContaining('gprxy start'),
    });
  });
});

describe('does not start where same-user cannot be told', () => {
  const blind = { ...seeing(undefined), available: async () => false };
  it.each<[string, Partial<ClientCheck>]>([
    ['without a table of connections', { peers: blind }],
    ['without user ids', { ownUid: undefined }],
  ])('%s', async (_, given) => {
    await expect(check(given)).rejects.toMatchObject({
      hint: expect.stringMatching(/listen = "unix".*local_auth = "trust"/),
    });
  });

  it('nor where clients could not learn the password', async () => {
    await expect(check({ localAuth: 'password' })).rejects.toMatchObject({
      hint: expect.stringContaining('gprxy start'),
    });
  });

  it('but does on a Unix socket, or trusting everybody', async () => {
    await check({ peers: blind, address: { path: '/s' } });
    await check({ peers: blind, localAuth: 'trust' });
  });
});
