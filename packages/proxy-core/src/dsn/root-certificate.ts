import { GprxyError } from '../errors.ts';

/**
 * PEM of the authorities to trust. OpenSSL takes a key, or any text, for a list of no authorities: then no server would be good enough.
 *
 * @param name the setting and the file, for the message
 * @throws {GprxyError} ERR_CONFIG_ROOT_CERTIFICATE, which quotes none of the text
 */
export function requireRootCertificate(name: string, pem: string): string {
  if (/^-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----/m.test(pem)) return pem;
  throw new GprxyError(`${name} has no certificate in it`, {
    code: 'ERR_CONFIG_ROOT_CERTIFICATE',
    hint: 'It must be a PEM file: "-----BEGIN CERTIFICATE-----" and what follows, of the authority that issued the server\'s.',
  });
}
