import { createHash } from 'node:crypto';

/** OBJECT IDENTIFIERs of signature algorithms, as DER in hex, and the hash that each signs. */
const SIGNED_HASH: ReadonlyMap<string, string> = new Map([
  ['2a864886f70d010104', 'md5'], // md5WithRSAEncryption
  ['2a864886f70d010105', 'sha1'], // sha1WithRSAEncryption
  ['2a864886f70d01010e', 'sha224'],
  ['2a864886f70d01010b', 'sha256'],
  ['2a864886f70d01010c', 'sha384'],
  ['2a864886f70d01010d', 'sha512'],
  ['2a8648ce3d0401', 'sha1'], // ecdsa-with-SHA1
  ['2a8648ce3d040301', 'sha224'],
  ['2a8648ce3d040302', 'sha256'],
  ['2a8648ce3d040303', 'sha384'],
  ['2a8648ce3d040304', 'sha512'],
]);

/**
 * The channel binding `tls-server-end-point` (RFC 5929 section 4.1): a hash of the server's certificate, by the hash of
 * its signature, or SHA-256 in place of MD5 and SHA-1.
 *
 * @param certificate DER, as peerCertificate() finds it
 * @returns undefined where the RFC defines none, as for Ed25519, or where none is certain, as for RSASSA-PSS
 */
export function tlsServerEndPoint(certificate: Buffer): Buffer | undefined {
  const signed = SIGNED_HASH.get(signatureAlgorithm(certificate)?.toString('hex') ?? '');
  if (signed === undefined) return undefined;
  return createHash(signed === 'md5' || signed === 'sha1' ? 'sha256' : signed)
    .update(certificate)
    .digest();
}

/** RFC 5280: Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm SEQUENCE { OBJECT IDENTIFIER, ... }, ... } */
function signatureAlgorithm(certificate: Buffer): Buffer | undefined {
  const fields = readElement(certificate)?.content;
  const afterTbs = fields && readElement(fields)?.rest;
  const algorithm = afterTbs && readElement(afterTbs)?.content;
  return algorithm && readElement(algorithm)?.content;
}

/** The first DER element of `bytes`, whatever its tag, and what stands behind it. */
function readElement(bytes: Buffer): { content: Buffer; rest: Buffer } | undefined {
  const first = bytes[1];
  if (first === undefined) return undefined;
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f; // from 0x80 on, it says how many bytes the length has
  if (lengthBytes > 4 || bytes.length < 2 + lengthBytes) return undefined;
  const length = lengthBytes === 0 ? first : bytes.readUIntBE(2, lengthBytes);
  const start = 2 + lengthBytes;
  if (start + length > bytes.length) return undefined;
  return { content: bytes.subarray(start, start + length), rest: bytes.subarray(start + length) };
}
