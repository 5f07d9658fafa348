import { describe, expect, it } from 'vitest';
import { systemAuthorities } from './system-authorities.ts';

const filesOf = (files: Readonly<Record<string, string>>) => async (path: string) => {
  const text = files[path];
  if (text === undefined) throw Object.assign(new Error('absent'), { code: 'ENOENT' });
  return text;
};
// Where Node can ask the system itself, it does.
const asksNode = 'getCACertificates' in (await import('node:tls'));

describe('the authorities of the system', () => {
  it.skipIf(asksNode)('are in the first bundle that can be read', async () => {
    const readFile = filesOf({ '/etc/ssl/cert.pem': 'macOS', '/etc/pki/tls/certs/ca-bundle.crt': 'RHEL' });
    expect(await systemAuthorities({}, readFile)).toBe('RHEL');
  });

  it.skipIf(asksNode)("are Node's own list where there is none", async () => {
    expect(await systemAuthorities({ extraFile: '/extra' }, filesOf({ '/extra': 'more' }))).toBeUndefined();
  });

  it('are those of SSL_CERT_FILE and nobody else, and NODE_EXTRA_CA_CERTS besides', async () => {
    const readFile = filesOf({ '/own': 'own', '/extra': 'extra', '/etc/ssl/cert.pem': 'system' });
    expect(await systemAuthorities({ certFile: '/own' }, readFile)).toBe('own');
    expect(await systemAuthorities({ certFile: '/own', extraFile: '/extra' }, readFile)).toBe('own\nextra');
    expect(await systemAuthorities({ certFile: '/own', extraFile: '/gone' }, readFile)).toBe('own\n');
  });

  it('are an error where SSL_CERT_FILE cannot be read', async () => {
    await expect(systemAuthorities({ certFile: '/gone' }, filesOf({}))).rejects.toMatchObject({
      code: 'ERR_UPSTREAM_DSN',
      hint: expect.stringContaining('sslrootcert'),
    });
  });
});
