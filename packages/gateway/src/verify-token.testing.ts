import * as jose from 'jose';
import type { IssuerConfig } from './config/issuers.ts';
import type { Fetch } from './jwks/fetch-keys.ts';

export const ISSUER = 'https://login.corp.example';
const AUDIENCE = 'https://gprxy.corp.example';
export const CLIENT_ID = 'gprxy-cli';
/** 2026-01-01T00:00:00Z, in seconds: the tests' own time. */
export const NOW = 1_767_225_600;

export const issuerConfig = (changes: Partial<IssuerConfig> = {}): IssuerConfig => ({
  issuer: ISSUER,
  audience: [AUDIENCE],
  algorithms: ['ES256', 'RS256'],
  types: ['at+jwt'],
  clientIds: [CLIENT_ID],
  requiredScopes: ['db:connect'],
  requiredClaims: new Map(),
  clockSkewMs: 30_000,
  nameClaim: ['email'],
  groupsClaim: ['groups'],
  rolesClaim: ['roles'],
  missingGroups: 'refuse',
  trustUnverifiedEmail: false,
  jwksUri: undefined,
  caFile: undefined,
  ...changes,
});

export const validClaims = (now = NOW): jose.JWTPayload => ({
  iss: ISSUER,
  aud: AUDIENCE,
  sub: 'u-alice',
  client_id: CLIENT_ID,
  scope: 'openid db:connect',
  iat: now,
  exp: now + 300,
  jti: 'token-1',
  email: 'alice@corp.example',
  email_verified: true,
  groups: ['data-eng'],
});

export type Sign = (claims: jose.JWTPayload, header?: Record<string, unknown>) => Promise<string>;

export interface TestSigner {
  readonly sign: Sign;
  readonly publicJwk: jose.JWK;
}

/** One key pair that signs whatever it is given, header parameters of attackers included. */
export async function createSigner(kid: string, alg: 'ES256' | 'RS256' = 'ES256'): Promise<TestSigner> {
  const { publicKey, privateKey } = await jose.generateKeyPair(alg, { extractable: true });
  return {
    publicJwk: { ...(await jose.exportJWK(publicKey)), kid, alg, use: 'sig' },
    sign: (claims, header) => signCompact(claims, { alg, kid, typ: 'at+jwt', ...header }, privateKey),
  };
}

/** As SignJWT would, but with any header: `undefined` takes a parameter out. */
export async function signCompact(
  claims: unknown,
  header: Record<string, unknown>,
  key: jose.CryptoKey | Uint8Array,
): Promise<string> {
  const encode = (value: unknown) => jose.base64url.encode(JSON.stringify(value));
  const input = `${encode(header)}.${encode(claims)}`;
  const hmac = key instanceof Uint8Array;
  const imported = hmac
    ? await crypto.subtle.importKey('raw', key as Uint8Array<ArrayBuffer>, { name: 'HMAC', hash: 'SHA-256' }, false, [
        'sign',
      ])
    : key;
  const algorithm = hmac ? 'HMAC' : { name: imported.algorithm.name, hash: 'SHA-256' };
  const signature = await crypto.subtle.sign(algorithm, imported, new TextEncoder().encode(input));
  return `${input}.${jose.base64url.encode(new Uint8Array(signature))}`;
}

export interface FakeProvider {
  readonly fetch: Fetch;
  keys: jose.JWK[];
  issuer: string;
  headers: Record<string, string>;
  /** `down`: refused; `silent`: answers never. */
  mode: 'up' | 'down' | 'silent' | 'broken';
  /** Fetches of the key set. */
  fetches: number;
  /** Every URL that was asked for. */
  readonly urls: string[];
}

/** A provider without a network: discovery and keys. */
export function fakeProvider(keys: jose.JWK[]): FakeProvider {
  const provider: FakeProvider = {
    keys,
    issuer: ISSUER,
    headers: {},
    mode: 'up',
    fetches: 0,
    urls: [],
    fetch: async (url, { signal }) => {
      provider.urls.push(url);
      const isDiscovery = url.endsWith('/.well-known/openid-configuration');
      if (!isDiscovery) provider.fetches++;
      if (provider.mode === 'down') throw new TypeError('fetch failed', { cause: new Error('ECONNREFUSED') });
      if (provider.mode === 'broken') return new Response('<html>', { status: 200 });
      if (provider.mode === 'silent') return untilAborted(signal);
      const document = isDiscovery ? { issuer: provider.issuer, jwks_uri: `${ISSUER}/jwks` } : { keys: provider.keys };
      return new Response(JSON.stringify(document), { headers: provider.headers });
    },
  };
  return provider;
}

function untilAborted(signal: AbortSignal | null | undefined): Promise<Response> {
  return new Promise((_resolve, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
