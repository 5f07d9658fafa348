import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import { type CertificateAuthority, createCertificateAuthority } from '@gprxy/testkit';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  authenticationCleartextPassword,
  authenticationOk,
  encodeAuthenticationSASL,
} from '../wire/authentication-messages.ts';
import { encodeReadyForQuery } from '../wire/backend-messages.ts';
import { encodeErrorResponse } from '../wire/error-response.ts';
import { PROTOCOL_3_0, PROTOCOL_3_2 } from '../wire/startup-packet.ts';
import type { UpstreamCredential } from './answer-authentication.ts';
import type { UpstreamTarget } from './connect-upstream-socket.ts';
import { loginUpstream } from './upstream-login.ts';

const CANARY = 'canary-token-that-saves-a-round-trip';
const token: UpstreamCredential = { kind: 'token', getToken: async () => CANARY };
const welcome = Buffer.concat([authenticationOk, encodeReadyForQuery('I')]);
const protocolViolation = encodeErrorResponse({ severity: 'FATAL', code: '08P01', message: 'expected SASL response' });
const badToken = encodeErrorResponse({ severity: 'FATAL', code: '28P01', message: 'no' });

/** What the server makes of the messages that one read brought: `startup`, `password` or both. */
type Reply = (messages: { startup: boolean; password: boolean }) => Buffer | 'hang up';

const asksForPassword: Reply = ({ startup, password }) =>
  Buffer.concat([...(startup ? [authenticationCleartextPassword] : []), ...(password ? [welcome] : [])]);

let authority: CertificateAuthority;
let certificate: { certPem: string; keyPem: string };
let stranger: { certPem: string; keyPem: string };
const servers: Server[] = [];
beforeAll(async () => {
  authority = await createCertificateAuthority();
  certificate = await authority.issue({ commonName: 'localhost' });
  stranger = await (await createCertificateAuthority('somebody else')).issue({ commonName: 'localhost' });
});
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** A server that keeps, for each connection, what each read brought, and whether its TLS session was resumed. */
async function startServer(replies: readonly Reply[], certificates = [certificate]) {
  const connections: { reads: string[]; resumed: boolean }[] = [];
  const contexts = new Map(
    certificates.map((each) => [each, createSecureContext({ cert: each.certPem, key: each.keyPem })]),
  );
  const nth = <T>(list: readonly T[], index: number) => list[Math.min(index, list.length - 1)] as T;
  let count = 0;
  const server = createServer((socket: Socket) => {
    const index = count++;
    const secureContext = contexts.get(nth(certificates, index));
    const secured = new TLSSocket(socket, {
      isServer: true,
      ...(secureContext && { secureContext }),
      ALPNProtocols: ['postgresql'],
    });
    secured.on('error', () => {});
    secured.once('secure', () => connections.push({ reads: [], resumed: secured.isSessionReused() }));
    secured.on('data', (bytes) => {
      const text = bytes.toString('latin1');
      connections.at(-1)?.reads.push(text);
      const answer = nth(replies, index)({ startup: text.includes('alice'), password: text.includes(CANARY) });
      if (answer === 'hang up') secured.end();
      else secured.write(answer);
    });
  });
  servers.push(server.listen(0, '127.0.0.1'));
  await once(server, 'listening');
  const target: UpstreamTarget = {
    host: 'localhost',
    port: (server.address() as AddressInfo).port,
    tls: { mode: 'verify-full', negotiation: 'direct', ca: authority.certPem },
    connectTimeoutMs: 5_000,
  };
  return { target, connections };
}

async function login(target: UpstreamTarget, credential = token, protocolVersion = PROTOCOL_3_0) {
  const parameters = [['user', 'alice']] as const;
  const session = await loginUpstream(
    { target, protocolVersion, parameters, credential },
    new AbortController().signal,
  );
  session.channel.release().destroy();
  return session.protocolVersion;
}

const together = (read: string | undefined) => read?.includes('alice') === true && read.includes(CANARY);

describe('the next login at an upstream', () => {
  it('sends the token along with the StartupMessage, and resumes the TLS session', async () => {
    const { target, connections } = await startServer([asksForPassword]);
    for (let n = 0; n < 3; n++) await login(target);
    expect(connections.map(({ reads }) => reads.map(together))).toEqual([[false, false], [true], [true]]);
    expect(connections.map(({ resumed }) => resumed)).toEqual([false, true, true]);
  });

  const changes: [string, Reply][] = [
    ['asks for another mechanism', () => encodeAuthenticationSASL(['OAUTHBEARER'])],
    ['asks for nothing any more', () => welcome],
    ['takes the early password for a violation', () => protocolViolation],
    ['hangs up on it', () => 'hang up'],
  ];
  it.each(changes)('starts again from the beginning at an upstream that %s', async (_name, changed) => {
    const { target, connections } = await startServer([asksForPassword, changed, asksForPassword]);
    await login(target);
    await login(target);
    expect(connections.map(({ reads }) => reads.some(together))).toEqual([false, true, false]);
  });

  it('takes a refusal of the token for what it is, and does not try twice', async () => {
    const refuses: Reply = () => Buffer.concat([authenticationCleartextPassword, badToken]);
    const { target, connections } = await startServer([asksForPassword, refuses]);
    await login(target);
    await expect(login(target)).rejects.toMatchObject({ sqlState: '28P01' });
    expect(connections).toHaveLength(2);
  });

  it('S14 sends nothing early to a server with another certificate', async () => {
    const { target, connections } = await startServer([asksForPassword], [certificate, stranger]);
    await login(target);
    await expect(login(target)).rejects.toMatchObject({ code: 'ERR_UPSTREAM_TLS' });
    expect(connections.slice(1).flatMap(({ reads }) => reads)).toEqual([]);
  });

  it('sends nothing early under other settings, or with another credential', async () => {
    const { target, connections } = await startServer([asksForPassword]);
    await login(target);
    await login({ ...target });
    await login(target, { kind: 'password', password: CANARY });
    expect(connections.map(({ reads }) => reads.some(together))).toEqual([false, false, false]);
  });
});

describe('an upstream that hangs up on what is newer than version 3.0', () => {
  const minorOf = ({ reads }: { reads: string[] }) => reads[0]?.charCodeAt(7);
  const versions = async (replies: readonly Reply[], logins: number) => {
    const { target, connections } = await startServer(replies);
    const agreed: (number | Error)[] = [];
    for (let n = 0; n < logins; n++) agreed.push(await login(target, token, PROTOCOL_3_2).catch((error) => error));
    return { agreed, asked: connections.map(minorOf) };
  };

  it('is asked again for 3.0, and from then on at once', async () => {
    const { agreed, asked } = await versions([() => 'hang up', asksForPassword], 2);
    expect(agreed).toEqual([PROTOCOL_3_0, PROTOCOL_3_0]);
    expect(asked).toEqual([2, 0, 0]);
  });

  it('is not remembered for it where it hangs up on 3.0 too', async () => {
    const { agreed, asked } = await versions([() => 'hang up', () => 'hang up', asksForPassword], 2);
    expect(agreed).toEqual([expect.objectContaining({ code: 'ERR_UPSTREAM_CLOSED' }), PROTOCOL_3_2]);
    expect(asked).toEqual([2, 0, 2]);
  });
});
