import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import tls from 'node:tls';
import { describe, expect, it } from 'vitest';
import { type CertificateAuthority, createCertificateAuthority, type IssuedCertificate } from './certificates.ts';

/** What a client that trusts `ca` sees at a server with `certificate`: the error's code, or that it was fine. */
async function connect(ca: CertificateAuthority, { certPem, keyPem }: IssuedCertificate, servername: string) {
  const server = tls.createServer({ cert: certPem, key: keyPem }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const socket = tls.connect({ port, host: '127.0.0.1', servername, ca: ca.certPem });
  try {
    return await once(socket, 'secureConnect').then(
      () => 'fine',
      (error: NodeJS.ErrnoException) => error.code,
    );
  } finally {
    socket.destroy();
    server.close();
  }
}

describe('a certificate authority', () => {
  it('issues what a client that trusts it accepts for its hosts, and for those alone', async () => {
    const ca = await createCertificateAuthority();
    const certificate = await ca.issue({ commonName: 'a name', hosts: ['localhost'], ips: ['127.0.0.1', '::1'] });
    expect(await connect(ca, certificate, 'localhost')).toBe('fine');
    expect(await connect(ca, certificate, 'db.example')).toBe('ERR_TLS_CERT_ALTNAME_INVALID');
    expect(new X509Certificate(certificate.certPem).subjectAltName).toContain('IP Address:0:0:0:0:0:0:0:1');
  });

  it('takes the common name for the host where none is given', async () => {
    const ca = await createCertificateAuthority();
    expect(await connect(ca, await ca.issue({ commonName: 'localhost' }), 'localhost')).toBe('fine');
  });

  it('is not trusted by who trusts another of the same name', async () => {
    const [ca, other] = [await createCertificateAuthority(), await createCertificateAuthority()];
    const certificate = await ca.issue({ commonName: 'localhost' });
    expect(await connect(other, certificate, 'localhost')).not.toBe('fine');
  });

  it('issues what has expired or is not valid yet', async () => {
    const ca = await createCertificateAuthority();
    const expired = { notBefore: new Date('2020-01-01'), notAfter: new Date('2020-02-01') };
    expect(await connect(ca, await ca.issue({ commonName: 'localhost', ...expired }), 'localhost')).toBe(
      'CERT_HAS_EXPIRED',
    );
    const early = { notBefore: new Date(Date.now() + 86_400_000) };
    expect(await connect(ca, await ca.issue({ commonName: 'localhost', ...early }), 'localhost')).toBe(
      'CERT_NOT_YET_VALID',
    );
  });

  it('issues client certificates that are no server certificates', async () => {
    const ca = await createCertificateAuthority();
    const certificate = await ca.issue({ commonName: 'localhost', hosts: ['localhost'], client: true });
    expect(new X509Certificate(certificate.certPem).keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
    expect(await connect(ca, certificate, 'localhost')).toBe('INVALID_PURPOSE');
  });
});
