import { GprxyError, SqlState } from '../errors.ts';

export const PERCENT_ENCODE = 'Percent-encode special characters, such as "%40" for "@", "%2F" for "/", "%23" for "#".';

/** The error of a DSN that cannot be used. `reason` quotes nothing that may be part of a password. */
export function invalidDsn(reason: string, hint?: string): GprxyError {
  return new GprxyError(`invalid DSN: ${reason}`, {
    code: 'ERR_DSN',
    sqlState: SqlState.CannotEstablish,
    ...(hint && { hint }),
  });
}
