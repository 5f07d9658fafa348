import type { JSONWebKeySet, JWK } from 'jose';
import { isSafeUrl } from '../config/issuers.ts';

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface FetchedKeys {
  readonly jwks: JSONWebKeySet;
  /** How long the provider says that they are good for; absent when it does not say. */
  readonly maxAgeMs?: number;
}

const MAX_DOCUMENT_BYTES = 1 << 20;
const MAX_KEYS = 100;

/** The URL of an issuer's metadata (OpenID Connect Discovery 4). */
export function discoveryUrl(issuer: string): string {
  return `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
}

/** The issuer's `jwks_uri`, from its metadata, which must be of exactly this issuer (Discovery 4.3). */
export async function discoverJwksUri(issuer: string, fetch: Fetch, signal: AbortSignal): Promise<string> {
  const { document } = await fetchJson(discoveryUrl(issuer), fetch, signal);
  if (document.issuer !== issuer) throw new Error(`the discovery document of ${issuer} names another issuer`);
  const uri = document.jwks_uri;
  if (typeof uri !== 'string' || !isSafeUrl(uri))
    throw new Error(`the discovery document of ${issuer} has no safe jwks_uri`);
  return uri;
}

/** The issuer's public signature keys. What is no such key is left out; a document that is no key set is an error. */
export async function fetchKeys(uri: string, fetch: Fetch, signal: AbortSignal): Promise<FetchedKeys> {
  const { document, headers } = await fetchJson(uri, fetch, signal);
  const jwks = toKeySet(document);
  if (!jwks) throw new Error(`${uri} is no JSON Web Key Set`);
  const maxAge = /(?:^|[\s,])max-age=(\d{1,9})(?:$|[\s,])/i.exec(headers.get('cache-control') ?? '')?.[1];
  return maxAge === undefined ? { jwks } : { jwks, maxAgeMs: Number(maxAge) * 1_000 };
}

/** `undefined` for anything that is no key set. Symmetric and private keys are no keys to verify with. */
export function toKeySet(document: unknown): JSONWebKeySet | undefined {
  const keys = typeof document === 'object' && document !== null && 'keys' in document ? document.keys : undefined;
  if (!Array.isArray(keys)) return undefined;
  return { keys: keys.filter(isPublicSignatureKey).slice(0, MAX_KEYS) };
}

function isPublicSignatureKey(key: unknown): key is JWK {
  if (typeof key !== 'object' || key === null) return false;
  const { kty, use, d } = key as JWK;
  return ['RSA', 'EC', 'OKP'].includes(kty ?? '') && (use === undefined || use === 'sig') && d === undefined;
}

async function fetchJson(url: string, fetch: Fetch, signal: AbortSignal) {
  const response = await fetch(url, { signal, redirect: 'error', headers: { accept: 'application/json' } });
  if (!response.ok) {
    await response.body?.cancel();
    throw new Error(`${url} answered ${response.status}`);
  }
  const document: unknown = JSON.parse(await readText(response, url));
  if (typeof document !== 'object' || document === null) throw new Error(`${url} is no JSON object`);
  return { document: document as Record<string, unknown>, headers: response.headers };
}

async function readText(response: Response, url: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > MAX_DOCUMENT_BYTES) throw new Error(`${url} is longer than ${MAX_DOCUMENT_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
