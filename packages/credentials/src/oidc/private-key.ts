import type { CryptoKey } from 'openid-client';
import { CredentialError } from '../errors.ts';

export interface PrivateKey {
  key: CryptoKey;
  /** As a JWS header names it (RFC 7518 section 3.1, RFC 8037). */
  algorithm: string;
}

const curves: Readonly<Record<string, { algorithm: string; namedCurve: string }>> = {
  prime256v1: { algorithm: 'ES256', namedCurve: 'P-256' },
  secp384r1: { algorithm: 'ES384', namedCurve: 'P-384' },
  secp521r1: { algorithm: 'ES512', namedCurve: 'P-521' },
};

/**
 * A PEM of RSA, P-256, P-384, P-521 or Ed25519, in any wrapping that OpenSSL writes unencrypted, as a key that signs.
 * @throws CredentialError `ERR_SOURCE_FAILED`, which tells nothing of the content
 */
export async function importPrivateKey(pem: string): Promise<PrivateKey> {
  const { createPrivateKey, webcrypto } = await import('node:crypto');
  if (/ENCRYPTED/.test(pem)) throw unfit('is encrypted');
  const parsed = parse(() => createPrivateKey(pem));
  const { algorithm, parameters } = algorithmOf(parsed);
  const der = parsed.export({ type: 'pkcs8', format: 'der' });
  return { algorithm, key: await webcrypto.subtle.importKey('pkcs8', der, parameters, false, ['sign']) };
}

function algorithmOf({ asymmetricKeyType, asymmetricKeyDetails }: import('node:crypto').KeyObject) {
  if (asymmetricKeyType === 'rsa') {
    if ((asymmetricKeyDetails?.modulusLength ?? 0) < 2048) throw unfit('is RSA with fewer than 2048 bits');
    return { algorithm: 'RS256', parameters: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' } };
  }
  if (asymmetricKeyType === 'ed25519') return { algorithm: 'EdDSA', parameters: { name: 'Ed25519' } };
  const curve = curves[asymmetricKeyDetails?.namedCurve ?? ''];
  if (asymmetricKeyType !== 'ec' || curve === undefined)
    throw unfit(`is of a kind that is not supported (${asymmetricKeyType})`);
  return { algorithm: curve.algorithm, parameters: { name: 'ECDSA', namedCurve: curve.namedCurve } };
}

/** OpenSSL's errors name what they expected, but who knows what a library quotes. */
function parse<T>(read: () => T): T {
  try {
    return read();
  } catch {
    throw unfit('is not a PEM private key');
  }
}

function unfit(what: string): CredentialError {
  return new CredentialError('ERR_SOURCE_FAILED', `the private key of the profile ${what}`, {
    hint: 'Put an unencrypted RSA, P-256 or Ed25519 key in PEM into private_key_file, for example by "openssl ecparam -name prime256v1 -genkey -noout".',
  });
}
