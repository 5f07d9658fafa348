import { CredentialError } from '../errors.ts';
import { redact } from '../redact.ts';

/**
 * What a vendor's SDK threw, told apart: nobody answered, somebody said no, or nothing here to sign in with. Of the error only
 * its words are kept, redacted: these SDKs hang whole requests on their errors.
 *
 * @param what `no token from Azure`
 */
export function sdkFailure(error: unknown, what: string, hint: string): CredentialError {
  if (error instanceof CredentialError) return error;
  const chain = errorsIn(error);
  const words = redact(withoutAdvice(error instanceof Error ? error.message : String(error)), []);
  const message = words === '' ? what : `${what}: ${words}`;
  if (chain.some(isRefusal)) return new CredentialError('ERR_PROVIDER_REFUSED', message, { hint });
  if (chain.some(isUnreachable)) return new CredentialError('ERR_PROVIDER_UNREACHABLE', message);
  return new CredentialError('ERR_SOURCE_FAILED', message, { hint });
}

/** Azure's SDK names web pages before it says what happened; there is room for one of the two. */
function withoutAdvice(message: string): string {
  return message
    .replace(/(To troubleshoot, visit|See the troubleshooting guide for more information:?) \S+/g, '')
    .replace(/\s+/g, ' ');
}

/** An error, its causes, and those that it gathers. */
function errorsIn(error: unknown, depth = 0): Array<Record<string, unknown>> {
  if (typeof error !== 'object' || error === null || depth > 4) return [];
  const { cause, errors } = error as { cause?: unknown; errors?: unknown };
  const gathered = Array.isArray(errors) ? errors : [];
  return [error as Record<string, unknown>, ...[cause, ...gathered].flatMap((inner) => errorsIn(inner, depth + 1))];
}

function isUnreachable({ code, name, statusCode, status }: Record<string, unknown>): boolean {
  const serverError = [statusCode, status].some((number) => typeof number === 'number' && number >= 500);
  return serverError || name === 'TimeoutError' || (typeof code === 'string' && NETWORK_CODES.has(code));
}

function isRefusal({ statusCode, status, $metadata: metadata }: Record<string, unknown>): boolean {
  const http = (metadata as { httpStatusCode?: unknown } | undefined)?.httpStatusCode;
  return [statusCode, status, http].some((number) => typeof number === 'number' && number >= 400 && number < 500);
}

const NETWORK_CODES: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EPIPE',
  'endpoints_resolution_error',
  'network_error',
  'REQUEST_SEND_ERROR',
]);
