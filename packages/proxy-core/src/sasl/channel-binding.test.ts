import { createHash, X509Certificate } from 'node:crypto';
import { createCertificateAuthority } from '@gprxy/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyBytes, expectNoOtherError } from '../arbitraries.testing.ts';
import { tlsServerEndPoint } from './channel-binding.ts';

/** The outline of a certificate: contents of any length, with the algorithm that is said to have signed it. */
function certificateSignedBy(algorithm: string, contentBytes = 300): Buffer {
  const oid = element(0x06, Buffer.from(algorithm, 'hex'));
  const tbsCertificate = element(0x30, Buffer.alloc(contentBytes, 0x30));
  return element(0x30, Buffer.concat([tbsCertificate, element(0x30, oid), element(0x03, Buffer.alloc(64))]));
}

function element(tag: number, content: Buffer): Buffer {
  const length = content.length < 0x80 ? [content.length] : [0x82, content.length >> 8, content.length & 0xff];
  return Buffer.concat([Buffer.of(tag, ...length), content]);
}

describe('tlsServerEndPoint', () => {
  it.each([
    ['MD5 with RSA', '2a864886f70d010104', 'sha256'],
    ['SHA-1 with RSA', '2a864886f70d010105', 'sha256'],
    ['SHA-256 with RSA', '2a864886f70d01010b', 'sha256'],
    ['SHA-384 with RSA', '2a864886f70d01010c', 'sha384'],
    ['SHA-512 with RSA', '2a864886f70d01010d', 'sha512'],
    ['SHA-1 with ECDSA', '2a8648ce3d0401', 'sha256'],
    ['SHA-384 with ECDSA', '2a8648ce3d040303', 'sha384'],
  ])('hashes a certificate that %s signed', (_, algorithm, hash) => {
    const certificate = certificateSignedBy(algorithm);
    expect(tlsServerEndPoint(certificate)).toEqual(createHash(hash).update(certificate).digest());
  });

  it('hashes a real certificate', async () => {
    const { certPem } = await createCertificateAuthority();
    const { raw } = new X509Certificate(certPem);
    expect(tlsServerEndPoint(raw)).toEqual(createHash('sha256').update(raw).digest());
  });

  it.each([
    ['Ed25519', '2b6570'],
    ['RSASSA-PSS', '2a864886f70d01010a'],
  ])('has none for %s', (_, algorithm) => {
    expect(tlsServerEndPoint(certificateSignedBy(algorithm))).toBeUndefined();
  });

  it('has none for a certificate that is cut anywhere before its signature', () => {
    const certificate = certificateSignedBy('2a864886f70d01010b', 10);
    for (let end = 0; end < certificate.length; end++) {
      expect(tlsServerEndPoint(certificate.subarray(0, end)), `cut at ${end}`).toBeUndefined();
    }
  });

  it('S25 answers arbitrary bytes with a hash or none', () => {
    fc.assert(fc.property(anyBytes, (bytes) => expectNoOtherError(() => tlsServerEndPoint(bytes))));
  });
});
