import { closeSync, openSync } from 'node:fs';
import { devNull } from 'node:os';
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
    hint: 'Close connections that are not in use, or raise "max_connections".',
  });
}

/** The error itself when it is about something else. For a client it is the same as a limit that was set on purpose. */
export function unlessOutOfDescriptors(error: unknown): unknown {
  if (!isOutOfDescriptors(error)) return error;
  return new GprxyError('gprxy has no file descriptors left for another connection', {
    code: 'ERR_OUT_OF_DESCRIPTORS',
    sqlState: SqlState.TooManyConnections,
    hint: 'Close connections that are not in use, or raise the limit ("ulimit -n") of the process.',
    cause: error,
  });
}

function isOutOfDescriptors(error: unknown): boolean {
  const { code, syscall } = (error ?? {}) as NodeJS.ErrnoException;
  if (code === 'EMFILE' || code === 'ENFILE') return true;
  // Looking a name up takes files too, and says only that it failed.
  return syscall === 'getaddrinfo' && !canOpenFiles();
}

function canOpenFiles(): boolean {
  try {
    closeSync(openSync(devNull, 'r'));
    return true;
  } catch {
    return false;
  }
}

export function takesNoMore(): GprxyError {
  return new GprxyError('gprxy takes no new connections here: it is stopping, or no longer listens at this address', {
    code: 'ERR_DRAINING',
    sqlState: SqlState.CannotConnectNow,
    hint: 'Connect again in a moment; if that fails, "gprxy doctor" tells what is down.',
  });
}

export function shuttingDown(): GprxyError {
  return new GprxyError('terminating connection due to administrator command', {
    code: 'ERR_SHUTTING_DOWN',
    sqlState: SqlState.AdminShutdown,
    hint: 'Connect again; if that fails, "gprxy doctor" tells what is down.',
  });
}
