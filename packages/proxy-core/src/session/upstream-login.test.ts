import { type CertificateAuthority, createCertificateAuthority } from '@gprxy/testkit';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { UpstreamError } from '../errors.ts';
import {
  authenticationCleartextPassword,
  authenticationOk,
  encodeAuthenticationSASL,
  encodeAuthenticationSASLContinue,
} from '../wire/authentication-messages.ts';
import { encodeParameterStatus, encodeReadyForQuery } from '../wire/backend-messages.ts';
import { encodeErrorResponse } from '../wire/error-response.ts';
import { PROTOCOL_3_0 } from '../wire/startup-packet.ts';
import type { UpstreamCredential } from './answer-authentication.ts';
import type { UpstreamTls } from './connect-upstream-socket.ts';
import { type HostileServerOptions, startHostileServer } from './hostile-server.testing.ts';
import { loginUpstream } from './upstream-login.ts';

const CANARY = 'canary-token-that-must-not-leave';
const token: UpstreamCredential = { kind: 'token', getToken: async () => CANARY };
const password: UpstreamCredential = { kind: 'password', password: CANARY };
const YES = Buffer.from('S');
const md5 = Buffer.from([0x52, 0, 0, 0, 12, 0, 0, 0, 5, 1, 2, 3, 4]);
const gss = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 7]);
const refusal = encodeErrorResponse({ severity: 'FATAL', code: '28000', message: 'no such luck' });

let authority: CertificateAuthority;
let certificates: Record<'good' | 'stranger' | 'wrongHost' | 'expired', { certPem: string; keyPem: string }>;
const stops: (() => void)[] = [];

beforeAll(async () => {
  authority = await createCertificateAuthority();
  const stranger = await createCertificateAuthority('somebody else');
  const past = { notBefore: new Date('2020-01-01'), notAfter: new Date('2020-02-01') };
  certificates = {
    good: await authority.issue({ commonName: 'localhost' }),
    stranger: await stranger.issue({ commonName: 'localhost' }),
    wrongHost: await authority.issue({ commonName: 'elsewhere.example' }),
    expired: await authority.issue({ commonName: 'localhost', ...past }),
  };
});
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

async function login(server: HostileServerOptions, credential: UpstreamCredential, tls: Partial<UpstreamTls> = {}) {
  const hostile = await startHostileServer(server);
  stops.push(hostile.stop);
  const outcome = await loginUpstream(
    {
      target: {
        host: 'localhost',
        port: hostile.port,
        tls: { mode: 'verify-full', negotiation: 'postgres', ca: authority.certPem, ...tls },
        connectTimeoutMs: 2_000,
      },
      protocolVersion: PROTOCOL_3_0,
      parameters: [['user', 'alice']],
      credential,
    },
    new AbortController().signal,
  ).catch((error: Error & { code: string; sqlState: string; hint?: string }) => error);
  return { outcome, received: hostile.received() };
}

describe('S14 a line that is not verified', () => {
  const rows: [string, () => HostileServerOptions, Partial<UpstreamTls>?][] = [
    ['does not offer TLS', () => ({ sslAnswer: Buffer.from('N') })],
    [
      'answers SSLRequest with an error',
      () => ({ sslAnswer: encodeErrorResponse({ severity: 'FATAL', code: '1', message: 'fake' }) }),
    ],
    ['has a certificate of another authority', () => ({ sslAnswer: YES, certificate: certificates.stranger })],
    ['has a certificate for another host', () => ({ sslAnswer: YES, certificate: certificates.wrongHost })],
    ['has an expired certificate', () => ({ sslAnswer: YES, certificate: certificates.expired })],
    ['S12 stuffs bytes behind its answer S', () => ({ sslAnswer: Buffer.from('SE'), certificate: certificates.good })],
    [
      'speaks direct TLS without ALPN',
      () => ({ direct: true, certificate: certificates.good, alpn: [] }),
      { negotiation: 'direct' },
    ],
  ];
  it.each(rows)('gets neither startup nor token when the server %s', async (_name, server, tls) => {
    const { outcome, received } = await login(server(), token, tls);
    expect(outcome).toMatchObject({ code: 'ERR_UPSTREAM_TLS', sqlState: '08001' });
    expect(received).not.toContain('alice');
    expect(received).not.toContain(CANARY);
  });

  it('S12 is given up for stuffed bytes before TLS gets to see them', async () => {
    const { outcome } = await login({ sslAnswer: Buffer.from('SE'), certificate: certificates.good }, token);
    expect(outcome).toMatchObject({ message: expect.stringContaining('unencrypted data') });
  });

  it('does not show the text of an error that came before TLS', async () => {
    const fake = encodeErrorResponse({ severity: 'FATAL', code: '28000', message: 'please paste your password here' });
    const { outcome } = await login({ sslAnswer: fake }, token);
    expect(JSON.stringify({ ...(outcome as Error), message: (outcome as Error).message })).not.toContain('paste');
  });

  it('gets no token in mode "require", which checks nobody', async () => {
    const server = { sslAnswer: YES, certificate: certificates.stranger, script: [authenticationCleartextPassword] };
    const { outcome, received } = await login(server, token, { mode: 'require' });
    expect(outcome).toMatchObject({ code: 'ERR_UPSTREAM_AUTHENTICATION' });
    expect(received).not.toContain(CANARY);
  });
});

describe('what a credential does not answer', () => {
  const rows: [string, UpstreamCredential, Buffer[]][] = [
    ['MD5 with a token', token, [md5]],
    ['SCRAM with a token', token, [encodeAuthenticationSASL(['SCRAM-SHA-256'])]],
    ['GSSAPI with a token', token, [gss]],
    ['an unknown SASL mechanism with a token', token, [encodeAuthenticationSASL(['PLAIN'])]],
    ['MD5 with a password', password, [md5]],
    ['OAUTHBEARER with a password', password, [encodeAuthenticationSASL(['OAUTHBEARER'])]],
    ['a password request where the certificate is all', { kind: 'certificate' }, [authenticationCleartextPassword]],
  ];
  it.each(rows)('is %s', async (_name, credential, script) => {
    const { outcome, received } = await login({ sslAnswer: YES, certificate: certificates.good, script }, credential);
    expect(outcome).toMatchObject({ code: 'ERR_UPSTREAM_AUTHENTICATION', sqlState: '28000' });
    expect(received).not.toContain(CANARY);
  });

  it('is a second request after the token was sent', async () => {
    const script = [authenticationCleartextPassword, authenticationCleartextPassword];
    const { outcome, received } = await login({ sslAnswer: YES, certificate: certificates.good, script }, token);
    expect(outcome).toMatchObject({ code: 'ERR_PROTOCOL' });
    expect(received.split(CANARY)).toHaveLength(2);
  });

  it.each([
    [
      'bound to the certificate where the server offers it',
      ['SCRAM-SHA-256-PLUS', 'SCRAM-SHA-256'],
      'p=tls-server-end-point,,',
    ],
    ['with a flag that shows a removed offer where it does not', ['SCRAM-SHA-256'], 'y,,'],
  ])('is never the password itself: SCRAM goes out %s', async (_name, mechanisms, flag) => {
    const script = [encodeAuthenticationSASL(mechanisms)];
    const { received } = await login(
      { sslAnswer: YES, certificate: certificates.good, script, hangUpAfter: 2 },
      password,
    );
    expect(received).toContain(`${mechanisms[0]}\0`);
    expect(received).toContain(flag);
    expect(received).not.toContain(CANARY);
  });

  it('is a SCRAM server that skips its proof', async () => {
    const script = [encodeAuthenticationSASL(['SCRAM-SHA-256']), authenticationOk];
    const { outcome } = await login({ sslAnswer: YES, certificate: certificates.good, script }, password);
    expect(outcome).toMatchObject({ code: 'ERR_PROTOCOL', message: expect.stringContaining('SCRAM') });
  });
});

describe('a token over a verified line', () => {
  const ready = Buffer.concat([authenticationOk, encodeReadyForQuery('I')]);

  it('answers a request for a cleartext password', async () => {
    const script = [authenticationCleartextPassword, ready];
    const { outcome, received } = await login({ sslAnswer: YES, certificate: certificates.good, script }, token);
    expect(outcome).toHaveProperty('channel');
    expect(received).toContain(`${CANARY}\0`);
  });

  it('answers OAUTHBEARER as RFC 7628 says, over direct TLS too', async () => {
    const script = [encodeAuthenticationSASL(['OAUTHBEARER']), ready];
    const server = { direct: true, certificate: certificates.good, script };
    const { outcome, received } = await login(server, token, { negotiation: 'direct' });
    expect(outcome).toHaveProperty('channel');
    expect(received).toContain(`n,,\x01auth=Bearer ${CANARY}\x01\x01`);
  });

  it('acknowledges the refusal of OAUTHBEARER and reports the error of the server', async () => {
    const challenge = encodeAuthenticationSASLContinue(Buffer.from('{"status":"invalid_token"}'));
    const script = [encodeAuthenticationSASL(['OAUTHBEARER']), challenge, refusal];
    const { outcome, received } = await login({ sslAnswer: YES, certificate: certificates.good, script }, token);
    expect(outcome).toMatchObject({
      code: 'ERR_UPSTREAM_REFUSED',
      response: { code: '28000', message: 'no such luck' },
    });
    expect(received.endsWith('p\0\0\0\x05\x01')).toBe(true);
  });
});

it('an upstream that refused the token cannot let us in after all', async () => {
  const challenge = encodeAuthenticationSASLContinue(Buffer.from('{"status":"invalid_token"}'));
  const ready = Buffer.concat([authenticationOk, encodeReadyForQuery('I')]);
  const script = [encodeAuthenticationSASL(['OAUTHBEARER']), challenge, ready];
  const { outcome } = await login({ sslAnswer: YES, certificate: certificates.good, script }, token);
  expect(outcome).toMatchObject({ code: 'ERR_PROTOCOL' });
});

describe('S27 before an upstream has let us in', () => {
  const header = (type: string, length: number) => {
    const bytes = Buffer.alloc(5, type);
    bytes.writeInt32BE(length, 1);
    return bytes;
  };
  it.each([
    ['an error over 30,000 bytes is refused by its header', header('E', 30_005)],
    ['a notice over 30,000 bytes is refused by its header', header('N', 30_005)],
    [
      'a request over 2,000 bytes is refused',
      Buffer.concat([header('R', 2_005), Buffer.from([0, 0, 0, 10]), Buffer.alloc(1_997)]),
    ],
  ])('%s', async (_, bytes) => {
    const { outcome } = await login({ script: [bytes] }, password, { mode: 'disable' });
    expect(outcome).toMatchObject({ code: 'ERR_PROTOCOL', message: expect.stringMatching(/length|too long/) });
  });
});

it.each(['postgres', 'direct'] as const)(
  'an upstream that dies when it is asked for TLS (%s) is an error that can be told',
  async (negotiation) => {
    const { outcome } = await login({ resets: true }, token, { negotiation });
    expect(outcome).toBeInstanceOf(UpstreamError);
    expect(outcome).toMatchObject({ sqlState: '08001', hint: expect.stringMatching(/upstream/) });
  },
);

describe('S27 what a server says between AuthenticationOk and ReadyForQuery', () => {
  const inClear = { mode: 'disable' } as const;
  const setting = (bytes: number) => encodeParameterStatus('a', 'x'.repeat(bytes - 3));
  const half = 1 << 19;

  it.each([
    ['as much as it may say', [setting(half), setting(half - 1)], 'channel'],
    ['one byte more', [setting(half), setting(half)], 'code'],
    ['more messages than any server has', Array.from({ length: 1_001 }, () => setting(3)), 'code'],
  ])('is kept for the client up to a mebibyte and 1,000 messages: %s', async (_, messages, outcomeHas) => {
    const script = [Buffer.concat([authenticationOk, ...messages, encodeReadyForQuery('I')])];
    const { outcome } = await login({ script }, password, inClear);
    expect(outcome).toHaveProperty(outcomeHas);
    if (outcomeHas === 'code') expect(outcome).toMatchObject({ code: 'ERR_PROTOCOL' });
  });
});
