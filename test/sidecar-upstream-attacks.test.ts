import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeAuthenticationSASL, encodeErrorResponse } from '@gprxy/proxy-core';
import { createCertificateAuthority, temporaryDirectory } from '@gprxy/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HostileUpstreamOptions, startHostileUpstream } from './hostile-upstream.testing.ts';
import { CANARY, errorIn, sendRaw, startTestSidecar, startupAs } from './sidecar.testing.ts';

type Certificate = HostileUpstreamOptions['certificate'];

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let caFile: string;
let good: Certificate;
let stranger: Certificate;
let wrongHost: Certificate;
let expired: Certificate;

beforeAll(async () => {
  directory = await temporaryDirectory();
  caFile = join(directory.path, 'ca.crt');
  const authority = await createCertificateAuthority();
  const other = await createCertificateAuthority('somebody else');
  await writeFile(caFile, authority.certPem);
  good = await authority.issue({ commonName: 'localhost' });
  stranger = await other.issue({ commonName: 'localhost' });
  wrongHost = await authority.issue({ commonName: 'elsewhere.example' });
  expired = await authority.issue({
    commonName: 'localhost',
    notBefore: new Date('2020-01-01'),
    notAfter: new Date('2020-02-01'),
  });
});
afterAll(() => directory.remove());

/** One client that logs in through a sidecar whose upstream is hostile. */
async function logInThrough(options: HostileUpstreamOptions, parameters = '') {
  const hostile = await startHostileUpstream(options);
  const upstream = `postgresql://localhost:${hostile.port}?connect_timeout=5&sslrootcert=${caFile}${parameters}`;
  const { port, log } = await startTestSidecar({ upstream });
  const { answer } = await sendRaw({ port }, startupAs('whoever'));
  return { error: errorIn(answer), received: hostile.received(), log };
}

describe('S14 the token stays here when the upstream', () => {
  const yes = Buffer.from('S');
  const table: Array<[string, () => HostileUpstreamOptions, string?]> = [
    ['has a certificate of another authority', () => ({ sslAnswer: yes, certificate: stranger })],
    ['has a certificate of another host', () => ({ sslAnswer: yes, certificate: wrongHost })],
    ['has an expired certificate', () => ({ sslAnswer: yes, certificate: expired })],
    ['does not offer TLS', () => ({ sslAnswer: Buffer.from('N'), certificate: good })],
    ['answers SSLRequest with an error', () => ({ sslAnswer: fakeError, certificate: good })],
    ['S12 stuffs bytes behind its S', () => ({ sslAnswer: Buffer.concat([yes, fakeError]), certificate: good })],
    ['speaks direct TLS without ALPN', () => ({ sslAnswer: 'direct', certificate: good }), '&sslnegotiation=direct'],
    [
      'speaks direct TLS as a stranger',
      () => ({ sslAnswer: 'direct', certificate: stranger, alpn: ['postgresql'] }),
      '&sslnegotiation=direct',
    ],
  ];
  it.each(table)('%s', async (_, options, parameters) => {
    const { error, received, log } = await logInThrough(options(), parameters);
    expect(received).not.toContain(CANARY);
    expect(received).not.toContain('alice');
    expect(error).toMatchObject({ severity: 'FATAL', code: '08001', hint: expect.stringMatching(/\w/) });
    // Whoever may speak before TLS is verified does not get to speak to the person at the client.
    expect(JSON.stringify(error)).not.toContain('your password please');
    expect(JSON.stringify(log)).not.toContain(CANARY);
  });

  const fakeError = encodeErrorResponse({ severity: 'FATAL', code: '28000', message: 'your password please' });
});

describe('S14 the token stays here when a verified upstream asks for', () => {
  const request = (code: number, rest = Buffer.alloc(0)) => {
    const message = Buffer.alloc(9);
    message.write('R');
    message.writeInt32BE(8 + rest.length, 1);
    message.writeInt32BE(code, 5);
    return Buffer.concat([message, rest]);
  };
  it.each([
    ['MD5', request(5, Buffer.from('salt'))],
    ['SCRAM', encodeAuthenticationSASL(['SCRAM-SHA-256', 'SCRAM-SHA-256-PLUS'])],
    ['an unknown SASL mechanism', encodeAuthenticationSASL(['PLAIN'])],
    ['Kerberos', request(7)],
    ['something unheard of', request(99)],
    ['what is no request', Buffer.from('R\0\0\0\x04')],
    ['nothing, but sends data', Buffer.from('D\0\0\0\x04')],
  ])('%s', async (_, message) => {
    const { error, received, log } = await logInThrough({
      sslAnswer: Buffer.from('S'),
      certificate: good,
      script: [message],
    });
    expect(received).toContain('alice@corp.example');
    expect(received).not.toContain(CANARY);
    expect(error).toMatchObject({ severity: 'FATAL', hint: expect.stringMatching(/\w/) });
    expect(JSON.stringify(log)).not.toContain(CANARY);
  });
});
