import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { connect as connectTls, createSecureContext } from 'node:tls';
import { createCertificateAuthority } from '@gprxy/testkit';
import { expect, it } from 'vitest';
import { MessageChannel } from './message-channel.ts';
import { acceptTls } from './negotiate-tls.ts';

const APPLICATION_DATA = 23;
/** AES-GCM of TLS 1.3 adds a content type and a tag (RFC 8446, 5.2). */
const OVERHEAD = 1 + 16;

/** A TCP connection, accepted; what the accepting side sends is kept besides. */
async function tappedConnection() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const relay = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    near
      .pipe(far)
      .pipe(new PassThrough().on('data', (bytes) => sent.push(bytes)))
      .pipe(near);
  }).listen(0, '127.0.0.1');
  await once(relay, 'listening');
  const sent: Buffer[] = [];
  const client = connect((relay.address() as AddressInfo).port, '127.0.0.1');
  const [accepted] = (await once(server, 'connection')) as [Socket];
  server.close();
  relay.close();
  return { client, accepted, sent };
}

/** The lengths of the records in a TLS stream that carry data. */
function dataRecordLengths(stream: Buffer): number[] {
  const lengths: number[] = [];
  for (let offset = 0; offset < stream.length; offset += 5 + stream.readUInt16BE(offset + 3)) {
    if (stream[offset] === APPLICATION_DATA) lengths.push(stream.readUInt16BE(offset + 3));
  }
  return lengths;
}

it('sends clients no TLS record longer than the 8 KiB that asynchronous libpq reads without hanging', async () => {
  const authority = await createCertificateAuthority();
  const { certPem: cert, keyPem: key } = await authority.issue({ commonName: 'localhost' });
  const { client, accepted, sent } = await tappedConnection();
  const context = createSecureContext({ cert, key });
  const accepting = acceptTls(new MessageChannel(accepted), context, { direct: false }, AbortSignal.timeout(10_000));
  const reader = connectTls({ socket: client, ca: authority.certPem, servername: 'localhost' });
  const server = await accepting;
  server.end(Buffer.alloc(100_000));
  expect(Buffer.concat(await reader.toArray())).toHaveLength(100_000);
  const lengths = dataRecordLengths(Buffer.concat(sent));
  expect(Math.max(...lengths)).toBeGreaterThan(8_000);
  expect(Math.max(...lengths)).toBeLessThanOrEqual(8_192 + OVERHEAD);
});
