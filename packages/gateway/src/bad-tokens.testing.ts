import * as jose from 'jose';
import { signCompact } from './verify-token.testing.ts';

/** What an attacker may know, and the issuer's own key for tokens that are genuine but not for here. */
export interface TokenForge {
  /** Of the issuer, ES256. */
  readonly privateKey: jose.CryptoKey;
  readonly publicJwk: jose.JWK;
  readonly kid: string;
  readonly clientId: string;
  /** Seconds since 1970. */
  readonly now: number;
  /** Longer tokens are refused. */
  readonly maxTokenBytes: number;
  /** The claims of a token that is good: with a required scope and an allowed client. */
  readonly claims: jose.JWTPayload;
}

export interface BadToken {
  readonly name: string;
  readonly token: string;
}

type Changes = Readonly<Record<string, unknown>>;

/** A token that is good but for `claims` and `header`, signed by the issuer. `undefined` leaves one out. */
function genuine(forge: TokenForge, claims: Changes = {}, header: Changes = {}): Promise<string> {
  return signCompact({ ...forge.claims, ...claims }, { ...goodHeader(forge), ...header }, forge.privateKey);
}

const goodHeader = ({ kid }: TokenForge) => ({ alg: 'ES256', typ: 'at+jwt', kid });
const encode = (text: string) => jose.base64url.encode(text);

/** Every token that must be refused, by what is wrong with it. */
export async function badTokens(forge: TokenForge): Promise<BadToken[]> {
  const good = await genuine(forge);
  const groups = [
    malformedTokens(forge, good),
    unsignedTokens(forge, good),
    await forgedTokens(forge),
    await strangeHeaders(forge),
    await wrongClaims(forge),
    await otherKindsOfTokens(forge),
  ];
  const all = Object.assign({}, ...groups) as Record<string, string | Promise<string>>;
  return Promise.all(Object.entries(all).map(async ([name, token]) => ({ name, token: await token })));
}

function malformedTokens(forge: TokenForge, good: string): Record<string, string | Promise<string>> {
  const [header = '', payload = '', signature = ''] = good.split('.');
  return {
    'a password': 'correct horse battery staple',
    'a dot': '.',
    'two dots': '..',
    'two parts': `${header}.${payload}`,
    'four parts': `${good}.${signature}`,
    'five parts, as an encrypted token has': `${header}.${payload}.${signature}.${payload}.${signature}`,
    'the scheme before it': `Bearer ${good}`,
    'a line feed behind it': `${good}\n`,
    'a space before it': ` ${good}`,
    'padding behind the signature': `${good}==`,
    'the alphabet of plain base64': `${header}.${payload}.+/+/${signature.slice(4)}`,
    'a disclosure behind it (SD-JWT)': `${good}~`,
    'JSON serialization': JSON.stringify({ protected: header, payload, signature }),
    'a header that is no JSON': `${encode('{')}.${payload}.${signature}`,
    'a header that is a list': `${encode('["ES256"]')}.${payload}.${signature}`,
    'a header that is null': `${encode('null')}.${payload}.${signature}`,
    'a payload that is no JSON': `${header}.${encode('alice')}.${signature}`,
    'a payload that is a list': signCompact([forge.claims], goodHeader(forge), forge.privateKey),
    'a payload that is null': signCompact(null, goodHeader(forge), forge.privateKey),
    'more bytes than allowed': genuine(forge, { padding: 'x'.repeat(forge.maxTokenBytes) }),
  };
}

function unsignedTokens(forge: TokenForge, good: string): Record<string, string> {
  const [header = '', payload = '', signature = ''] = good.split('.');
  const withAlg = (alg: unknown, end: string) =>
    `${encode(JSON.stringify({ ...goodHeader(forge), alg }))}.${payload}.${end}`;
  const bytes = jose.base64url.decode(signature);
  const flipped = Uint8Array.from(bytes, (byte, index) => (index === 40 ? byte ^ 1 : byte));
  const mallory = encode(JSON.stringify({ ...forge.claims, sub: 'mallory', email: 'root@corp.example' }));
  return {
    'alg none and no signature': withAlg('none', ''),
    'alg none and a signature': withAlg('none', signature),
    'alg None': withAlg('None', signature),
    'alg nOnE': withAlg('nOnE', ''),
    'alg with a zero byte': withAlg('ES256\0', signature),
    'alg that is a list': withAlg(['ES256'], signature),
    'alg that is a number': withAlg(256, signature),
    'no alg': withAlg(undefined, signature),
    'alg in lower case': withAlg('es256', signature),
    'no signature': `${header}.${payload}.`,
    'a signature of zeroes (CVE-2022-21449)': `${header}.${payload}.${jose.base64url.encode(new Uint8Array(64))}`,
    'half a signature': `${header}.${payload}.${jose.base64url.encode(bytes.subarray(0, 32))}`,
    'a signature with one bit changed': `${header}.${payload}.${jose.base64url.encode(flipped)}`,
    'a signature with a byte behind it': `${header}.${payload}.${jose.base64url.encode(Buffer.concat([bytes, Buffer.of(0)]))}`,
    'a payload changed after it was signed': `${header}.${mallory}.${signature}`,
    'a header changed after it was signed': `${encode(JSON.stringify({ ...goodHeader(forge), x: 1 }))}.${payload}.${signature}`,
  };
}

async function forgedTokens(forge: TokenForge): Promise<Record<string, Promise<string>>> {
  const ec = await jose.generateKeyPair('ES256', { extractable: true });
  const rsa = await jose.generateKeyPair('RS256', { extractable: true });
  const publicKey = await jose.importJWK(forge.publicJwk, 'ES256', { extractable: true });
  const pem = await jose.exportSPKI(publicKey as jose.CryptoKey);
  const spki = Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64');
  const own = await jose.exportJWK(ec.publicKey);
  const hmac = (secret: string | Buffer) =>
    signCompact(forge.claims, { ...goodHeader(forge), alg: 'HS256' }, new Uint8Array(Buffer.from(secret)));
  const forged = (header: Changes, key = ec.privateKey) =>
    signCompact(forge.claims, { ...goodHeader(forge), ...header }, key);
  return {
    'HS256 with the public key as PEM': hmac(pem),
    'HS256 with the public key as PEM without its last line feed': hmac(pem.trimEnd()),
    'HS256 with the public key as DER': hmac(spki),
    'HS256 with the public key as JWK': hmac(JSON.stringify(forge.publicJwk)),
    'HS256 with the x coordinate': hmac(Buffer.from(forge.publicJwk.x ?? 'x', 'base64url')),
    'HS256 with the kid': hmac(forge.kid),
    'HS256 with a guessed secret': hmac('secret'),
    "another key under the issuer's kid": forged({}),
    'another key under a kid of its own': forged({ kid: 'mine' }),
    'another key and no kid': forged({ kid: undefined }),
    "RS256 by another key under the issuer's kid": forged({ alg: 'RS256' }, rsa.privateKey),
    'RS256 by another key and no kid': forged({ alg: 'RS256', kid: undefined }, rsa.privateKey),
    'PS256, which is not allowed': forged({ alg: 'PS256' }, rsa.privateKey),
    'ES384, which is not allowed': genuine(forge, {}, { alg: 'ES384' }),
    'a kid that is a path': forged({ kid: '../../../../dev/null' }),
    'a kid that is SQL': forged({ kid: "' UNION SELECT 'key' --" }),
    'a kid that is a number': genuine(forge, {}, { kid: 1 }),
    'a kid that nobody publishes': genuine(forge, {}, { kid: 'nobody' }),
    'jwk: its own key in the header': forged({ jwk: own }),
    "jwk and the issuer's signature": genuine(forge, {}, { jwk: own }),
    'jku: its own key set': forged({ kid: 'mine', jku: 'https://evil.example/jwks' }),
    "jku under the issuer's kid": forged({ jku: 'https://evil.example/jwks' }),
    'x5u: its own certificate': forged({ kid: undefined, x5u: 'https://evil.example/cert.pem' }),
    'x5c: its own certificate': forged({ kid: undefined, x5c: [spki.toString('base64')] }),
  };
}

async function strangeHeaders(forge: TokenForge): Promise<Record<string, Promise<string>>> {
  const header = (changes: Changes) => genuine(forge, {}, changes);
  return {
    'crit with an extension that nobody knows': header({ crit: ['urn:example:x'], 'urn:example:x': 1 }),
    'crit with a claim': header({ crit: ['exp'], exp: forge.now + 60 }),
    'an empty crit': header({ crit: [] }),
    'b64 false': header({ b64: false, crit: ['b64'] }),
    'a compressed payload': header({ zip: 'DEF' }),
    'a JWT within': header({ cty: 'JWT' }),
    'no typ': header({ typ: undefined }),
    'typ JWT, as ID tokens have': header({ typ: 'JWT' }),
    'typ of a DPoP proof': header({ typ: 'dpop+jwt' }),
    'typ of a logout token': header({ typ: 'logout+jwt' }),
    'typ that is a list': header({ typ: ['at+jwt'] }),
    'typ that begins like the right one': header({ typ: 'at+jwt2' }),
  };
}

async function wrongClaims(forge: TokenForge): Promise<Record<string, Promise<string>>> {
  const { now, claims: good, clientId } = forge;
  const claims = (changes: Changes) => genuine(forge, changes);
  const issuer = String(good.iss);
  const audience = String(good.aud);
  return {
    'no iss': claims({ iss: undefined }),
    'another iss': claims({ iss: 'https://evil.example' }),
    'iss with a slash behind it': claims({ iss: `${issuer}/` }),
    'iss in upper case': claims({ iss: issuer.toUpperCase() }),
    'iss as the user of another host': claims({ iss: `${issuer}@evil.example` }),
    'iss that is a list': claims({ iss: [issuer] }),
    'no aud': claims({ aud: undefined }),
    'another aud': claims({ aud: 'https://other.corp.example' }),
    'aud in upper case': claims({ aud: audience.toUpperCase() }),
    'aud with a slash behind it': claims({ aud: `${audience}/` }),
    'aud that ours begins with': claims({ aud: audience.slice(0, -1) }),
    'aud: others': claims({ aud: ['https://other.corp.example', clientId] }),
    'aud: nobody': claims({ aud: [] }),
    'aud that is an object': claims({ aud: { [audience]: true } }),
    'no exp': claims({ exp: undefined }),
    'exp 61 s ago': claims({ exp: now - 61, iat: now - 361 }),
    'exp a year ago': claims({ exp: now - 31_536_000 }),
    'exp 0': claims({ exp: 0 }),
    'exp before 1970': claims({ exp: -now }),
    'exp that no date can have': claims({ exp: 1e300 }),
    'exp that is a text': claims({ exp: String(now + 300) }),
    'exp that is null': claims({ exp: null }),
    'exp that is a list': claims({ exp: [now + 300] }),
    'nbf 90 s from now': claims({ nbf: now + 90 }),
    'nbf that is a text': claims({ nbf: String(now) }),
    'iat 90 s from now': claims({ iat: now + 90 }),
    'iat that is a text': claims({ iat: 'now' }),
    'no sub': claims({ sub: undefined }),
    'an empty sub': claims({ sub: '' }),
    'sub that is a number': claims({ sub: 1000 }),
    'sub that is null': claims({ sub: null }),
  };
}

/** Genuine tokens of the same issuer that were issued for something else. */
async function otherKindsOfTokens(forge: TokenForge): Promise<Record<string, Promise<string>>> {
  const { clientId, now } = forge;
  const claims = (changes: Changes) => genuine(forge, changes);
  const idToken = { aud: clientId, azp: clientId, client_id: undefined, scope: undefined, auth_time: now };
  return {
    'S8 an ID token': genuine(forge, { ...idToken, at_hash: 'x' }, { typ: 'JWT' }),
    'S8 an ID token for our audience': genuine(forge, { ...idToken, aud: forge.claims.aud, nonce: 'n' }),
    'S8 a nonce, which only ID tokens have': claims({ nonce: 'n-0S6_WzA2Mj' }),
    'S8 at_hash, which only ID tokens have': claims({ at_hash: '77QmUPtjPfzWtF2AnpK9RQ' }),
    'S8 token_use id (Cognito)': claims({ token_use: 'id' }),
    'S8 typ ID (Keycloak)': claims({ typ: 'ID' }),
    'a refresh token (Keycloak)': claims({ typ: 'Refresh' }),
    'a logout token': claims({ events: { 'http://schemas.openid.net/event/backchannel-logout': {} } }),
    'a token bound to a key (DPoP)': claims({ cnf: { jkt: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I' } }),
    "S8 another client's token": claims({ client_id: 'another-client' }),
    "S8 another client's token, by azp": claims({ client_id: undefined, azp: 'another-client' }),
    'S8 two clients, one of them not ours': claims({ azp: 'another-client' }),
    'S8 no client': claims({ client_id: undefined }),
    'no scope': claims({ scope: undefined }),
    'another scope': claims({ scope: 'openid email' }),
    'a scope that begins like the right one': claims({ scope: 'openid db:connection' }),
  };
}
