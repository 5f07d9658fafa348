import { sourceFailed } from './source-failed.ts';

/** What a command printed, before anybody has looked at the token itself. */
export interface PrintedToken {
  readonly text: string;
  /** Epoch ms. */
  readonly expiresAt?: number;
}

type Fields = Readonly<Record<string, unknown>>;

const kubernetesVersions = ['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1'];
const hint =
  'It has to print a token, kubectl\'s ExecCredential, or JSON with "token" and "expires_in" or "expires_at".';

/**
 * Reads kubectl's ExecCredential (client.authentication.k8s.io), other JSON with a token in it, or plain text.
 *
 * @param from for messages: `the command "vault"`
 * @param nowMs what `expires_in` counts from
 * @throws CredentialError `ERR_SOURCE_FAILED`, which quotes nothing of the output
 */
export function parseCommandOutput(output: string, from: string, nowMs: number): PrintedToken {
  const text = output.replace(/^\ufeff/, '').trim();
  if (!text.startsWith('{')) return { text };
  const fields = parseObject(text);
  if (fields === undefined) throw sourceFailed(`${from} printed what is neither a token nor valid JSON`, hint);
  return fields.kind === 'ExecCredential' || String(fields.apiVersion ?? '').startsWith('client.authentication.k8s.io/')
    ? execCredential(fields, from)
    : looseToken(fields, from, nowMs);
}

function execCredential({ apiVersion, status }: Fields, from: string): PrintedToken {
  if (!kubernetesVersions.includes(String(apiVersion))) {
    throw sourceFailed(`${from} printed an ExecCredential of a version that is not v1 or v1beta1`, hint);
  }
  const { token, expirationTimestamp, clientCertificateData } = asFields(status) ?? {};
  if (typeof token !== 'string' || token === '') {
    const what = clientCertificateData === undefined ? 'without a token' : 'with a certificate but without a token';
    throw sourceFailed(`${from} printed an ExecCredential ${what}`, hint);
  }
  if (expirationTimestamp === undefined || expirationTimestamp === null) return { text: token };
  return { text: token, expiresAt: timeOf(expirationTimestamp, from) };
}

/** The spellings of OAuth's token responses, of `az account get-access-token` and of what people write themselves. */
function looseToken(fields: Fields, from: string, nowMs: number): PrintedToken {
  const text = fields.token ?? fields.access_token ?? fields.accessToken;
  if (typeof text !== 'string' || text === '') throw sourceFailed(`${from} printed JSON without a "token"`, hint);
  // The number first: az prints "expiresOn" as well, without a time zone.
  const at = fields.expires_at ?? fields.expiresAt ?? fields.expires_on ?? fields.expiresOn;
  if (at !== undefined && at !== null) return { text, expiresAt: timeOf(at, from) };
  const lifeSeconds = fields.expires_in ?? fields.expiresIn;
  if (lifeSeconds === undefined || lifeSeconds === null) return { text };
  return { text, expiresAt: requireTime(nowMs + Number(lifeSeconds) * 1_000, from) };
}

/** A timestamp of RFC 3339, or seconds or milliseconds since 1970. */
function timeOf(value: unknown, from: string): number {
  if (typeof value === 'number' || (typeof value === 'string' && /^\d+(\.\d+)?$/.test(value))) {
    const number = Number(value);
    return requireTime(number > 1e11 ? number : number * 1_000, from);
  }
  return requireTime(typeof value === 'string' ? Date.parse(value) : Number.NaN, from);
}

function requireTime(ms: number, from: string): number {
  if (!Number.isNaN(new Date(ms).getTime())) return ms;
  throw sourceFailed(`${from} printed an expiry that is no time`, hint);
}

function parseObject(text: string): Fields | undefined {
  try {
    return asFields(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function asFields(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
}
