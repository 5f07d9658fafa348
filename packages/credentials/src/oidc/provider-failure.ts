import { redact, withoutSecrets } from '../redact.ts';
import { requestTimeoutSeconds } from './provider-task.ts';

/** What became of a request to the provider, free of anything that was in its answer but for an OAuth error's words. */
export type ProviderFailure =
  /** Network, TLS, time limit, 429 or 5xx: the same request may well succeed later. */
  | { kind: 'unreachable'; reason: string; retryAfterMs?: number }
  /** An OAuth error response (RFC 6749 section 5.2). */
  | { kind: 'oauth-error'; error: string; description?: string }
  /** An answer that is none. `isWebPage`: it was meant for a person, as the sign-in pages of networks and proxies are. */
  | { kind: 'unusable'; reason: string; isWebPage?: true };

/** The parts of openid-client's errors that matter; told apart by shape, so that the library stays unloaded until used. */
interface LibraryError {
  name?: string;
  message?: string;
  code?: unknown;
  error?: unknown;
  error_description?: unknown;
  status?: unknown;
  response?: unknown;
  cause?: unknown;
}

/**
 * Reads an error of openid-client or fetch and drops it. Their causes hold responses with bodies and claims, hence
 * tokens: nothing of them may be passed on.
 */
export function providerFailure(thrown: unknown, secrets: readonly string[]): ProviderFailure {
  const error = (thrown ?? {}) as LibraryError;
  const status = statusOf(error);
  if (status === 429 || (status !== undefined && status >= 500)) return unavailable(status, error);
  const challenge = challengeOf(error);
  if (challenge !== undefined) return oauthError(challenge, secrets);
  if (typeof error.error === 'string') return oauthError(error, secrets);
  const network = networkReason(error);
  if (network !== undefined) return { kind: 'unreachable', reason: withoutSecrets(network, secrets) };
  if (isWebPage(error))
    return { kind: 'unusable', reason: `it answered HTTP ${status} with a web page`, isWebPage: true };
  if (status !== undefined) return { kind: 'unusable', reason: `it answered HTTP ${status} without an OAuth error` };
  return { kind: 'unusable', reason: withoutSecrets(unusableReason(error), secrets) };
}

function oauthError(error: LibraryError, secrets: readonly string[]): ProviderFailure {
  const name = /^[\w.-]{1,60}$/.test(String(error.error)) ? redact(String(error.error), secrets) : 'unnamed_error';
  if (name === 'temporarily_unavailable' || name === 'server_error') return { kind: 'unreachable', reason: name };
  const description = typeof error.error_description === 'string' ? redact(error.error_description, secrets) : '';
  return { kind: 'oauth-error', error: name, ...(description !== '' && { description }) };
}

/**
 * A 401 with WWW-Authenticate, which openid-client reports by the header and leaves the body unread. It is the answer to a
 * client that the header did not prove (RFC 6749 section 5.2), and need not say more (RFC 7235 section 4.1).
 */
function challengeOf({ name, cause }: LibraryError): LibraryError | undefined {
  if (name !== 'WWWAuthenticateChallengeError' || !Array.isArray(cause)) return undefined;
  const challenges = cause as { parameters?: LibraryError }[];
  const { error, error_description } = challenges.find(({ parameters }) => parameters?.error)?.parameters ?? {};
  return { error: typeof error === 'string' ? error : 'invalid_client', error_description };
}

function unavailable(status: number, error: LibraryError): ProviderFailure {
  const wantedMs = retryAfterMs(responseOf(error)?.headers);
  return { kind: 'unreachable', reason: `it answered HTTP ${status}`, ...(wantedMs > 0 && { retryAfterMs: wantedMs }) };
}

/** Retry-After (RFC 9110 section 10.2.3), within reason. A date is measured by the provider's own clock. */
function retryAfterMs(headers: Headers | undefined): number {
  const value = headers?.get('retry-after') ?? '';
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.parse(headers?.get('date') ?? '');
  return ms > 0 ? Math.min(ms, 3_600_000) : 0;
}

function isWebPage(error: LibraryError): boolean {
  return /^(text\/html|application\/xhtml)/i.test(responseOf(error)?.headers.get('content-type') ?? '');
}

function statusOf(error: LibraryError): number | undefined {
  if (typeof error.status === 'number') return error.status;
  return responseOf(error)?.status;
}

/** openid-client hangs the response on an OAuth error as `response`, and on one it cannot read as `cause`. */
function responseOf(error: LibraryError): Response | undefined {
  return [error.response, error.cause].find(isResponse);
}

function isResponse(value: unknown): value is Response {
  return typeof value === 'object' && value !== null && Object.prototype.toString.call(value) === '[object Response]';
}

/** System, TLS and undici errors have such codes; openid-client's own start with OAUTH_ or ERR_. */
const networkCode =
  /^(E[A-Z]{3,}|UND_ERR_\w+|ERR_(TLS|SSL)_\w+|CERT_\w+|UNABLE_TO_\w+|\w*SELF_SIGNED_CERT\w*|HOSTNAME_MISMATCH)$/;

function networkReason(error: LibraryError): string | undefined {
  if (error.code === 'OAUTH_TIMEOUT') return `no answer within ${requestTimeoutSeconds} s`;
  const chain = causes(error);
  const system = chain.find(({ code }) => typeof code === 'string' && networkCode.test(code));
  if (system !== undefined) return withCode(system.message ?? '', String(system.code));
  // fetch itself: "fetch failed", or "terminated" in the middle of a body.
  const failed = chain.find(({ name, code }) => name === 'TypeError' && code === undefined);
  return failed === undefined ? undefined : (causes(failed).at(-1)?.message ?? 'the connection broke');
}

/** Most system errors name their code in the message already. */
function withCode(message: string, code: string): string {
  return message.includes(code) ? message : `${message} (${code})`;
}

function causes(error: LibraryError): LibraryError[] {
  const chain: LibraryError[] = [];
  for (let at: unknown = error; at instanceof Error && chain.length < 8; at = at.cause) chain.push(at as LibraryError);
  return chain;
}

/**
 * The library's own sentences name fields, never values, so the innermost one may be told. Those of the language (a
 * SyntaxError quotes the JSON it chokes on) may not.
 */
function unusableReason(error: LibraryError): string {
  const other = otherIssuer(error);
  if (other !== undefined) return `it calls itself ${other}`;
  const sentences = causes(error).filter(({ name, code }) => libraryErrors.test(name ?? '') || code !== undefined);
  return sentences.at(-1)?.message ?? 'its answer cannot be read';
}

const libraryErrors = /^(ClientError|OperationProcessingError|UnsupportedOperationError)$/;

function otherIssuer({ code, cause }: LibraryError): string | undefined {
  if (code !== 'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED') return undefined;
  const { attribute, body } = (cause ?? {}) as { attribute?: unknown; body?: { issuer?: unknown } };
  return attribute === 'issuer' && typeof body?.issuer === 'string' ? body.issuer : undefined;
}
