import { describe, expect, it } from 'vitest';
import { maskDsn } from './dsn/mask-dsn.ts';
import { parseDsn } from './dsn/parse-dsn.ts';
import { createRandom, FUZZ_RUNS, fuzz } from './fuzz.testing.ts';
import { encodeOAuthBearerInitialResponse, parseOAuthBearerError } from './sasl/oauthbearer-client.ts';
import { encodeOAuthBearerChallenge, parseOAuthBearerInitialResponse } from './sasl/oauthbearer-server.ts';
import { parseServerFinal, parseServerFirst } from './sasl/scram-messages.ts';
import { decodeAuthentication, encodeAuthenticationSASL } from './wire/authentication-messages.ts';
import {
  decodeBackendKeyData,
  decodeNegotiateProtocolVersion,
  decodeParameterStatus,
  encodeNegotiateProtocolVersion,
  encodeParameterStatus,
} from './wire/backend-messages.ts';
import { ByteBuilder, bodyOf } from './wire/byte-builder.testing.ts';
import { decodeErrorFields, encodeErrorResponse } from './wire/error-response.ts';
import {
  decodePasswordMessage,
  decodeSASLInitialResponse,
  encodePasswordMessage,
  encodeSASLInitialResponse,
} from './wire/frontend-messages.ts';
import { FrameScanner, MAX_MESSAGE_BYTES, parseFrameHeader } from './wire/message-frame.ts';
import { parseOptions } from './wire/startup-options.ts';
import { parseStartupPacket, type StartupPacket } from './wire/startup-packet.ts';

const noise = Buffer.alloc(64, 0xff);
const options = { timeout: 60_000 + FUZZ_RUNS / 20 };

describe('S25 fuzzing', options, () => {
  const startups = [
    new ByteBuilder().int32(0x0003_0000).string('user').string('älice').string('_pq_.x').string('1').byte(0).packet(),
    new ByteBuilder().int32(0x0003_0002).string('user').string('a').string('options').string('-c a=b').byte(0).packet(),
    new ByteBuilder().int32(80877102).int32(4242).bytes([1, 2, 3, 4]).packet(),
    new ByteBuilder().int32(80877103).packet(),
    new ByteBuilder().int32(80877104).packet(),
    noise,
  ];

  it('startup packets: makes no more of them than they hold', () => {
    const random = createRandom();
    const accepted = fuzz(startups, (bytes) => {
      // Most mutants get a true length, or none would come further than the length word.
      if (bytes.length >= 4 && random(4) > 0) bytes.writeUInt32BE(bytes.length);
      if (charactersOf(parseStartupPacket(bytes)) > bytes.length) throw new Error('more characters than bytes');
    });
    expectSomeOf(accepted);
  });

  const streams = [
    Buffer.concat([new ByteBuilder().string('select 1').message('Q'), new ByteBuilder().message('S')]),
    Buffer.concat([new ByteBuilder().bytes(Buffer.alloc(100)).message('d'), new ByteBuilder().byte('I').message('Z')]),
    noise,
  ];

  it('streams of messages: finds the same in two chunks as by walking from header to header', () => {
    const random = createRandom();
    const accepted = fuzz(streams, (bytes) => {
      const expected = positionByHeaders(bytes);
      const scanner = new FrameScanner();
      const split = random(bytes.length + 1);
      scanner.push(bytes.subarray(0, split));
      scanner.push(bytes.subarray(split));
      const found = `${scanner.atBoundary} ${scanner.lastType}`;
      if (found !== expected) throw new Error(`found ${found} instead of ${expected}, split at ${split}`);
    });
    expectSomeOf(accepted);
  });

  const challenge = { openidConfiguration: 'https://issuer.example/.well-known/openid-configuration', scope: 'openid' };
  const dsn = 'postgresql://al%40x:geh%2Feim@[::1]:5433/sales?sslmode=verify-ca&sslrootcert=/a&options=-c%20a=b';

  it.each<[string, Buffer, (bytes: Buffer) => unknown]>([
    ['PasswordMessage', bodyOf(encodePasswordMessage('pässword')), decodePasswordMessage],
    [
      'SASLInitialResponse',
      bodyOf(encodeSASLInitialResponse('OAUTHBEARER', Buffer.from('n,,'))),
      decodeSASLInitialResponse,
    ],
    ['authentication requests', bodyOf(encodeAuthenticationSASL(['A', 'B'])), decodeAuthentication],
    ['ErrorResponse', bodyOf(encodeErrorResponse({ severity: 'FATAL', message: 'no' })), decodeErrorFields],
    ['NegotiateProtocolVersion', bodyOf(encodeNegotiateProtocolVersion(3, ['_pq_.a'])), decodeNegotiateProtocolVersion],
    ['BackendKeyData', Buffer.alloc(12), decodeBackendKeyData],
    ['ParameterStatus', bodyOf(encodeParameterStatus('a', 'b')), decodeParameterStatus],
    ['OAUTHBEARER responses', encodeOAuthBearerInitialResponse('a.b-c=='), parseOAuthBearerInitialResponse],
    ['OAUTHBEARER challenges', encodeOAuthBearerChallenge(challenge), parseOAuthBearerError],
    ['SCRAM server-first', Buffer.from('r=abc,s=QSXCR+Q6sek8bf92,i=4096'), (bytes) => parseServerFirst(bytes, 'ab')],
    ['SCRAM server-final', Buffer.from(`v=${Buffer.alloc(32).toString('base64')}`), parseServerFinal],
    ['options', Buffer.from('-c a=b --c-d=e\\ f -cg=h'), (bytes) => parseOptions(bytes.toString())],
    ['DSNs', Buffer.from(dsn), (bytes) => parseDsn(bytes.toString())],
    ['DSNs to mask', Buffer.from(dsn), (bytes) => maskDsn(bytes.toString())],
  ])('%s', (_, seed, parse) => {
    expect(fuzz([seed], parse)).toBeGreaterThan(FUZZ_RUNS / 100);
  });
});

/** Guards the fuzzing itself: inputs that are all refused, or all accepted, find nothing. */
function expectSomeOf(accepted: number): void {
  expect(accepted).toBeGreaterThan(FUZZ_RUNS / 20);
  expect(accepted).toBeLessThan(FUZZ_RUNS);
}

function charactersOf(packet: StartupPacket): number {
  if (packet.kind !== 'StartupMessage') return 0;
  const parameters = [...packet.parameters].flat();
  return [...parameters, ...packet.protocolOptions].reduce((sum, text) => sum + text.length, 0);
}

/** Where a scanner should be after `bytes`. */
function positionByHeaders(bytes: Buffer): string {
  let type = 0;
  let offset = 0;
  while (offset + 5 <= bytes.length) {
    const header = parseFrameHeader(bytes.subarray(offset, offset + 5), MAX_MESSAGE_BYTES);
    type = header.type;
    offset += 5 + header.bodyLength;
  }
  return `${offset === bytes.length} ${offset < bytes.length ? bytes[offset] : type}`;
}
