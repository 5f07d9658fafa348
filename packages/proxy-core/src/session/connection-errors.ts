import { GprxyError, SqlState } from '../errors.ts';

/** The peer does not speak PostgreSQL's protocol; it is closed without a byte of answer, as PostgreSQL does. */
export class NotPostgres extends GprxyError {
  constructor(message: string) {
    super(message, { code: 'ERR_NOT_POSTGRES', sqlState: SqlState.ProtocolViolation });
  }
}

/** The peer went away in the middle of something: there is nobody left to tell. */
export class ConnectionLost extends GprxyError {
  constructor(cause?: unknown) {
    super('the connection was lost', { code: 'ERR_CONNECTION_LOST', sqlState: SqlState.ConnectionFailure, cause });
  }
}

export function authenticationTooSlow(): GprxyError {
  return new GprxyError('canceling authentication due to timeout', {
    code: 'ERR_AUTHENTICATION_TIMEOUT',
    sqlState: SqlState.ProtocolViolation,
    hint: 'Connect again and answer sooner.',
  });
}

export function tooManyClients(): GprxyError {
  return new GprxyError('sorry, too many clients already', {
    code: 'ERR_TOO_MANY_CLIENTS',
    sqlState: SqlState.TooManyConnections,
    hint: 'Close connections that are not in use, or raise the limit of this listener.',
  });
}

export function takesNoMore(): GprxyError {
  return new GprxyError('gprxy takes no new connections here: it is stopping, or no longer listens at this address', {
    code: 'ERR_DRAINING',
    sqlState: SqlState.CannotConnectNow,
    hint: 'Connect again in a moment.',
  });
}

export function shuttingDown(): GprxyError {
  return new GprxyError('terminating connection due to administrator command', {
    code: 'ERR_SHUTTING_DOWN',
    sqlState: SqlState.AdminShutdown,
    hint: 'Connect again once gprxy is running again.',
  });
}
