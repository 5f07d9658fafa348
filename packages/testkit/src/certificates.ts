// @peculiar/x509 needs this polyfill to be there before it.
import 'reflect-metadata';
import { randomBytes, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

const DAY_MS = 86_400_000;
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

export interface CertificateRequest {
  commonName: string;
  /** DNS names and IP addresses of a server. Default: the common name, where it is not a client's certificate. */
  hosts?: readonly string[];
  ips?: readonly string[];
  /** A client's certificate (extended key usage `clientAuth`) instead of a server's. */
  client?: boolean;
  notBefore?: Date;
  notAfter?: Date;
}

export interface IssuedCertificate {
  certPem: string;
  keyPem: string;
}

export interface CertificateAuthority {
  readonly certPem: string;
  issue(request: CertificateRequest): Promise<IssuedCertificate>;
}

interface Issuer {
  certificate: x509.X509Certificate;
  keys: webcrypto.CryptoKeyPair;
}

/** A certificate authority of P-256 keys, for tests and the demo. Certificates are valid from yesterday for 30 days. */
export async function createCertificateAuthority(name = 'gprxy test CA'): Promise<CertificateAuthority> {
  const keys = await generateKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    ...validity({}),
    serialNumber: serialNumber(),
    name: distinguishedName(name),
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(true, 1, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey, false),
    ],
  });
  return { certPem: pem(certificate), issue: (request) => issue({ certificate, keys }, request) };
}

async function issue(issuer: Issuer, request: CertificateRequest): Promise<IssuedCertificate> {
  const keys = await generateKeys();
  const certificate = await x509.X509CertificateGenerator.create({
    ...validity(request),
    serialNumber: serialNumber(),
    subject: distinguishedName(request.commonName),
    issuer: issuer.certificate.subject,
    publicKey: keys.publicKey,
    signingKey: issuer.keys.privateKey,
    signingAlgorithm: ALGORITHM,
    extensions: await extensions(issuer, request, keys.publicKey),
  });
  return { certPem: pem(certificate), keyPem: await privateKeyPem(keys.privateKey) };
}

async function extensions(
  issuer: Issuer,
  request: CertificateRequest,
  publicKey: webcrypto.CryptoKey,
): Promise<x509.Extension[]> {
  const usage = request.client ? x509.ExtendedKeyUsage.clientAuth : x509.ExtendedKeyUsage.serverAuth;
  const names = alternativeNames(request);
  return [
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
    new x509.ExtendedKeyUsageExtension([usage]),
    await x509.AuthorityKeyIdentifierExtension.create(issuer.keys.publicKey, false),
    await x509.SubjectKeyIdentifierExtension.create(publicKey, false),
    ...(names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names)] : []),
  ];
}

function alternativeNames(request: CertificateRequest): x509.JsonGeneralNames {
  const ips = request.ips ?? [];
  const hosts = request.hosts ?? (request.client || ips.length > 0 ? [] : [request.commonName]);
  return [
    ...hosts.map((value) => ({ type: 'dns' as const, value })),
    ...ips.map((value) => ({ type: 'ip' as const, value })),
  ];
}

function validity(request: Pick<CertificateRequest, 'notBefore' | 'notAfter'>): { notBefore: Date; notAfter: Date } {
  return {
    notBefore: request.notBefore ?? new Date(Date.now() - DAY_MS),
    notAfter: request.notAfter ?? new Date(Date.now() + 30 * DAY_MS),
  };
}

function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
}

async function privateKeyPem(key: webcrypto.CryptoKey): Promise<string> {
  return `${x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY')}\n`;
}

const pem = (certificate: x509.X509Certificate) => `${certificate.toString('pem')}\n`;
const distinguishedName = (commonName: string) => [{ CN: [commonName] }];
// A positive number without leading zeros (RFC 5280, 4.1.2.2).
const serialNumber = () => `4${randomBytes(15).toString('hex').slice(1)}`;
