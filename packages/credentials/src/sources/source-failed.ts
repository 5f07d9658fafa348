import { CredentialError } from '../errors.ts';

/** @param message never holds what the place contains */
export function sourceFailed(message: string, hint: string, cause?: unknown): CredentialError {
  return new CredentialError('ERR_SOURCE_FAILED', message, { hint, ...(cause !== undefined && { cause }) });
}
