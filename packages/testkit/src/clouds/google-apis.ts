import { createPublicKey, generateKeyPairSync, type KeyObject, verify } from 'node:crypto';
import type { CertificateAuthority } from '../certificates.ts';
import { type CloudAnswer, type CloudRequest, type FakeCloud, startCloudServer } from './cloud-server.ts';
import { startDetour } from './detour.ts';
import { googleAccount, googleToken } from './google.ts';

/** Google's public endpoints, and an account that they know. */
export interface GoogleApis extends FakeCloud {
  /** The key file of the service account `googleAccount`. */
  readonly keyFile: object;
}

const hosts = ['oauth2.googleapis.com', 'iamcredentials.googleapis.com'];

/**
 * `oauth2.googleapis.com`, which takes assertions that the key of the account has signed (RFC 7523), and `iamcredentials.googleapis.com`,
 * by which that account gets tokens of every other. The SDK has their addresses built in, so `env` sends it here by a proxy.
 */
export async function startGoogleApis(ca: CertificateAuthority): Promise<GoogleApis> {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const publicKey = createPublicKey(privateKey);
  const certificate = await ca.issue({ commonName: 'googleapis.com', hosts });
  const cloud = await startCloudServer(
    (origin) => ({ origin }),
    (request) => answer(request, publicKey),
    certificate,
  );
  const detour = await startDetour(Number(new URL(cloud.env.origin ?? '').port));
  return {
    ...cloud,
    env: { HTTPS_PROXY: detour.url },
    keyFile: {
      type: 'service_account',
      project_id: 'test-project',
      client_email: googleAccount,
      private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
      token_uri: 'https://oauth2.googleapis.com/token',
    },
    async [Symbol.asyncDispose]() {
      await detour[Symbol.asyncDispose]();
      await cloud[Symbol.asyncDispose]();
    },
  };
}

function answer({ url, body, headers }: CloudRequest, key: KeyObject): CloudAnswer | undefined {
  if (url.pathname === '/token') {
    const scope = scopeOfAssertion(new URLSearchParams(body).get('assertion') ?? '', key);
    if (scope === undefined) return { status: 400, body: { error: 'invalid_grant', error_description: 'Invalid JWT' } };
    return { body: { access_token: googleToken(scope), expires_in: 3_599, token_type: 'Bearer' } };
  }
  const [, account] = /^\/v1\/projects\/-\/serviceAccounts\/([^:]+):generateAccessToken$/.exec(url.pathname) ?? [];
  if (account === undefined) return undefined;
  if (headers.authorization !== `Bearer ${googleToken('cloud-platform')}`) {
    return { status: 403, body: { error: { code: 403, message: 'permission denied', status: 'PERMISSION_DENIED' } } };
  }
  const expireTime = new Date(Date.now() + 3_600_000).toISOString();
  return { body: { accessToken: `${googleToken(String(JSON.parse(body).scope))}-of-${account}`, expireTime } };
}

function scopeOfAssertion(assertion: string, key: KeyObject): string | undefined {
  const [header = '', payload = '', signature = ''] = assertion.split('.');
  const signed = verify('sha256', Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, 'base64url'));
  if (!signed) return undefined;
  const { iss, scope } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, string>;
  return iss === googleAccount ? scope : undefined;
}
