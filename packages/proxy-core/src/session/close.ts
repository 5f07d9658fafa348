import type { Socket } from 'node:net';
import { GprxyError, SqlState, UpstreamError } from '../errors.ts';
import { forwardCancel } from '../forward-cancel.ts';
import { type ErrorFields, encodeErrorResponse } from '../wire/error-response.ts';
import { ConnectionLost, NotPostgres } from './connection-errors.ts';
import type { SessionEnd, SessionEvents, SessionRecord } from './session-policy.ts';
import type { UpstreamSession } from './upstream-login.ts';

// Long enough for the other end to take what is on its way to it, short enough not to hold a descriptor.
const LINGER_MS = 2_000;

/** Ends both sides once, with the first reason, and reports it. */
export async function closeSession<Who>(
  record: SessionRecord<Who>,
  durationMs: number,
  events: SessionEvents<Who>,
): Promise<void> {
  record.withdrawKey?.();
  const end = toSessionEnd(record, durationMs);
  if (end) report(end, events);
  if (record.upstream) endUpstream(record.upstream, end?.endedBy === 'proxy');
  const canBeTold = record.outcome?.clientAtBoundary ?? true;
  await closeClient(record.channel.release(), canBeTold && end ? toErrorResponse(end.error) : undefined);
}

/** Both sides are ended whatever becomes of the report; only the name is told, since a text could quote anything. */
function report<Who>(end: SessionEnd<Who>, events: SessionEvents<Who>): void {
  try {
    events.end?.(end);
  } catch (error) {
    process.emitWarning(
      `the end of a session could not be reported (${error instanceof Error ? error.name : 'error'})`,
    );
  }
}

/** `undefined`: the client hung up before it asked for anything, or only brought a cancel. */
function toSessionEnd<Who>(record: SessionRecord<Who>, durationMs: number): SessionEnd<Who> | undefined {
  const { stage, peer, connection, who, upstream, outcome } = record;
  const error = outcome ? outcome.error : record.error;
  if (!outcome && error === undefined) return undefined;
  return {
    stage,
    peer,
    endedBy: outcome?.endedBy ?? (error instanceof ConnectionLost ? 'client' : 'proxy'),
    bytesFromClient: outcome?.bytesFromClient ?? 0,
    bytesFromUpstream: outcome?.bytesFromUpstream ?? 0,
    durationMs,
    ...(error === undefined ? {} : { error }),
    ...(connection && { connection }),
    ...(who === undefined ? {} : { who }),
    ...(upstream && { upstream }),
  };
}

/** `abandoned`: nobody waits for what the backend may still be doing, so its statement is cancelled too. */
function endUpstream(upstream: UpstreamSession, abandoned: boolean): void {
  const { socket } = upstream.channel;
  socket.on('error', () => {});
  if (abandoned && !socket.destroyed) {
    forwardCancel({ ...upstream, sessionId: '' }, AbortSignal.timeout(upstream.target.connectTimeoutMs)).catch(
      () => {},
    );
  }
  destroyLater(socket);
  socket.destroySoon();
}

/** Whoever reads nothing, or never hangs up, is not waited for. */
function destroyLater(socket: Socket): void {
  if (socket.destroyed) return;
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => clearTimeout(timer));
}

/** The one place where errors become ErrorResponse. `undefined`: nobody is left to tell, or nobody would understand. */
export function toErrorResponse(error: unknown): Buffer | undefined {
  if (error === undefined || error instanceof NotPostgres || error instanceof ConnectionLost) return undefined;
  return encodeErrorResponse(errorFields(error));
}

/** Errors that are not ours carry texts nobody vetted: the client learns only that something broke. */
function errorFields(error: unknown): ErrorFields {
  if (error instanceof UpstreamError && error.response) {
    const { response, detail, hint } = error;
    return { ...(detail !== undefined && { detail }), ...(hint !== undefined && { hint }), ...response };
  }
  const known = error instanceof GprxyError ? error : undefined;
  return {
    severity: 'FATAL',
    severityNonLocalized: 'FATAL',
    code: known?.sqlState ?? SqlState.InternalError,
    message: sendable(known?.clientMessage ?? 'internal error in gprxy'),
    ...(known?.detail === undefined ? {} : { detail: sendable(known.detail) }),
    hint: sendable(known?.hint ?? 'The log of gprxy says more.'),
  };
}

/** What an error quotes, a claim of a token say, may hold a NUL, which would end the field. */
function sendable(text: string): string {
  return text.replaceAll('\0', '\ufffd');
}

/**
 * Ends a client connection, with its last words if any. What the client still sends is read and dropped: unread
 * input would make the kernel reset the connection and lose those words.
 */
function closeClient(socket: Socket, lastWords: Buffer | undefined): Promise<void> {
  return new Promise((resolve) => {
    socket.on('error', () => {});
    if (socket.destroyed) return resolve();
    destroyLater(socket);
    socket.once('close', () => resolve());
    if (!lastWords) return socket.destroySoon();
    socket.end(lastWords);
    socket.on('data', () => {});
    socket.once('end', () => socket.destroySoon());
    socket.resume();
  });
}
