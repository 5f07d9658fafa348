import type { AddressInfo } from 'node:net';
import {
  CancelRegistry,
  decodeErrorFields,
  encodeOAuthBearerChallenge,
  encodeOAuthBearerInitialResponse,
  encodePasswordMessage,
  encodeSASLInitialResponse,
  encodeSASLResponse,
  encodeStartupMessage,
  GprxyError,
  type Listener,
  listen,
  PROTOCOL_3_0,
  runSession,
  type SessionEnd,
} from '@gprxy/proxy-core';
import { RawClient } from '@gprxy/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { authenticateClient, chooseMethod } from './authenticate-client.ts';
import type { AuthMethod } from './config.ts';

const GOOD = 'header.payload.signature';
const startup = encodeStartupMessage(PROTOCOL_3_0, [
  ['user', 'alice'],
  ['database', 'sales'],
]);
const challenge = encodeOAuthBearerChallenge({
  openidConfiguration: 'https://login.example/.well-known',
  scope: 'openid',
});
const bearer = (token: string) => encodeSASLInitialResponse('OAUTHBEARER', encodeOAuthBearerInitialResponse(token));
const ACKNOWLEDGE = encodeSASLResponse(Buffer.from([1]));

const verified: string[] = [];
const ends: SessionEnd<string>[] = [];
const listeners = new Map<AuthMethod, Listener>();

async function verify(token: string): Promise<string> {
  verified.push(token);
  if (token === GOOD) return 'alice';
  throw new GprxyError('no', { code: 'ERR_TOKEN', sqlState: '28P01', clientMessage: 'the token is refused' });
}

beforeAll(async () => {
  for (const method of ['password', 'oauthbearer'] as const) {
    const policy = {
      clientTls: { mode: 'refused' } as const,
      authenticationTimeoutMs: 5_000,
      authenticate: (connection: Parameters<typeof authenticateClient>[0], signal: AbortSignal) =>
        authenticateClient(connection, method, challenge, verify, signal),
      connectUpstream: () => Promise.reject(new GprxyError('authenticated', { code: 'ERR_TEST', sqlState: '57P03' })),
      frontendKeyFor: () => undefined,
      events: { end: (end: SessionEnd<string>) => void ends.push(end) },
    };
    const serve = (...[socket, signal]: Parameters<Parameters<typeof listen>[0]['serve']>) =>
      runSession(socket, policy, new CancelRegistry(), signal);
    listeners.set(method, await listen({ address: { host: '127.0.0.1', port: 0 }, maxConnections: 2_000, serve }));
  }
});
afterAll(() => Promise.all([...listeners.values()].map((listener) => listener.drain(0))));
beforeEach(() => {
  verified.length = 0;
  ends.length = 0;
});

const portOf = (method: AuthMethod) => ((listeners.get(method) as Listener).address as AddressInfo).port;

/** Sends each step after the answer to the one before; returns what came after the last. */
async function talk(method: AuthMethod, ...steps: Buffer[]): Promise<Buffer> {
  const client = await RawClient.open(portOf(method));
  for (const step of steps.slice(0, -1)) {
    client.send(step);
    const header = await client.read(5);
    await client.read(header.readInt32BE(1) - 4);
  }
  client.send(steps.at(-1) as Buffer);
  return (await client.readToEnd()).bytes;
}

function errorAtEndOf(bytes: Buffer) {
  let offset = 0;
  while (bytes[offset] !== 0x45 && offset < bytes.length) offset += 1 + bytes.readInt32BE(offset + 1);
  return decodeErrorFields(bytes.subarray(offset + 5, offset + 1 + bytes.readInt32BE(offset + 1)));
}

describe('a token as a password', () => {
  it('lets in whom the verifier knows', async () => {
    expect(errorAtEndOf(await talk('password', startup, encodePasswordMessage(GOOD)))).toMatchObject({ code: '57P03' });
    expect(ends[0]).toMatchObject({ stage: 'upstream', who: 'alice' });
  });

  it.each([
    ['a token that is refused', 'x.y.z', 'the token is refused'],
    ['an empty password', '', 'empty password returned by client'],
  ])('answers %s with 28P01', async (_name, token, message) => {
    const fields = errorAtEndOf(await talk('password', startup, encodePasswordMessage(token)));
    expect(fields).toMatchObject({ code: '28P01', message });
    expect(ends[0]?.who).toBeUndefined();
  });
});

describe('a token by OAUTHBEARER', () => {
  it('lets in whom the verifier knows', async () => {
    expect(errorAtEndOf(await talk('oauthbearer', startup, bearer(GOOD)))).toMatchObject({ code: '57P03' });
    expect(ends[0]).toMatchObject({ who: 'alice' });
  });

  it('tells a client that asks where to sign in, and ends with 28000', async () => {
    const client = await RawClient.open(portOf('oauthbearer'));
    await client.send(startup).read(22);
    client.send(bearer(''));
    const header = await client.read(9);
    expect(header.readInt32BE(5)).toBe(11);
    expect((await client.read(challenge.length)).toString()).toContain('https://login.example/.well-known');
    const { bytes } = await client.send(ACKNOWLEDGE).readToEnd();
    expect(errorAtEndOf(bytes)).toMatchObject({ code: '28000', hint: expect.stringContaining('gprxy login') });
    expect(verified).toEqual([]);
  });

  it('answers anything but the acknowledgement of a refusal with 08P01', async () => {
    const bytes = await talk('oauthbearer', startup, bearer('x.y.z'), encodeSASLResponse(Buffer.from('again')));
    expect(errorAtEndOf(bytes)).toMatchObject({ code: '08P01' });
  });

  it('answers a mechanism that was not offered with 08P01', async () => {
    const bytes = await talk('oauthbearer', startup, encodeSASLInitialResponse('PLAIN', Buffer.from('x')));
    expect(errorAtEndOf(bytes)).toMatchObject({ code: '08P01' });
  });
});

describe('S11 every authentication state', () => {
  const states: [name: string, method: AuthMethod, before: Buffer[]][] = [
    ['waiting for a password', 'password', [startup]],
    ['waiting for the first SASL message', 'oauthbearer', [startup]],
    ['waiting for the acknowledgement of a refusal', 'oauthbearer', [startup, bearer('x.y.z')]],
  ];
  const P = 'p'.charCodeAt(0);

  it.each(states)('%s, answers all 255 other message types with 08P01 and closes', async (_name, method, before) => {
    const others = Array.from({ length: 256 }, (_, type) => type).filter((type) => type !== P);
    const answers = await Promise.all(
      others.map((type) => talk(method, ...before, Buffer.from([type, 0, 0, 0, 5, 0]))),
    );
    for (const bytes of answers) expect(errorAtEndOf(bytes)).toMatchObject({ severity: 'FATAL', code: '08P01' });
    expect(ends).toHaveLength(others.length);
    for (const end of ends) expect(end).toMatchObject({ stage: 'authenticate' });
    for (const end of ends) expect(end.who).toBeUndefined();
    expect(verified).not.toContain(GOOD);
  });

  it.each(states)(
    '%s, takes a second startup for no message, and nobody becomes anybody else',
    async (_name, method, before) => {
      const root = encodeStartupMessage(PROTOCOL_3_0, [
        ['user', 'root'],
        ['database', 'sales'],
      ]);
      expect(errorAtEndOf(await talk(method, ...before, root))).toMatchObject({ code: '08P01' });
      expect(ends[0]?.connection?.startup.parameters.get('user')).toBe('alice');
      expect(ends[0]?.who).toBeUndefined();
    },
  );

  it.each(states)(
    'S27 %s, refuses a message over 65,535 bytes from its header alone',
    async (_name, method, before) => {
      const header = Buffer.from([P, 0, 1, 0, 4]);
      expect(errorAtEndOf(await talk(method, ...before, header))).toMatchObject({ code: '08P01' });
    },
  );
});

describe('the way to show a token', () => {
  const rows: [offered: AuthMethod[], wanted: string | undefined, outcome: AuthMethod | '28000'][] = [
    [['password', 'oauthbearer'], undefined, 'password'],
    [['oauthbearer'], undefined, 'oauthbearer'],
    [['password', 'oauthbearer'], 'oauthbearer', 'oauthbearer'],
    [['password'], 'oauthbearer', '28000'],
    [['password', 'oauthbearer'], 'trust', '28000'],
  ];
  it.each(rows)('of %j, asked for %s, is %s', (offered, wanted, outcome) => {
    if (outcome !== '28000') expect(chooseMethod(offered, wanted)).toBe(outcome);
    else expect(() => chooseMethod(offered, wanted)).toThrow(expect.objectContaining({ sqlState: '28000' }));
  });
});
