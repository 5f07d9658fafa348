import type { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { type GprxyError, ProtocolError, SqlState, UpstreamError } from '../errors.ts';
import { terminate } from '../wire/frontend-messages.ts';
import { FrameScanner } from '../wire/message-frame.ts';
import { MessageType } from '../wire/message-type.ts';
import { countUsedBuffer } from './used-buffers.ts';

/** A record of this size is rarely alone. */
const BULK_RECORD_BYTES = 4_096;
/** This much may wait to be written before the other side is paused: what four reads from the kernel bring at most. */
const MAX_UNWRITTEN_BYTES = 262_144;

/** How a session ended, told once, with the first reason. Byte counts are of the relay alone. */
export interface RelayOutcome {
  readonly endedBy: 'client' | 'upstream' | 'proxy';
  /** What went wrong; absent when somebody simply hung up. */
  readonly error?: Error;
  readonly bytesFromClient: number;
  readonly bytesFromUpstream: number;
  /** Whether the client's stream stands between two messages, so that an ErrorResponse can still be understood. */
  readonly clientAtBoundary: boolean;
}

/**
 * Bytes both ways, unchanged, until one side ends or `signal` aborts (its reason becomes the error).
 *
 * A chunk is written as it was read; a slow reader pauses the other side, so memory stays flat. The only thing
 * looked at is where messages of the upstream begin, which costs one header read a message and is what allows a
 * last ErrorResponse to be put where the client understands it.
 */
export function relay(client: Socket, upstream: Socket, signal: AbortSignal): Promise<RelayOutcome> {
  return new Promise((resolve) => {
    const scanner = new FrameScanner();
    const listening = new Listening();
    let bytesFromClient = 0;
    let bytesFromUpstream = 0;
    let clientDone = false;

    const finish = (endedBy: RelayOutcome['endedBy'], error?: Error) => {
      signal.removeEventListener('abort', onAbort);
      listening.end();
      stopPumping(client);
      stopPumping(upstream);
      const clientAtBoundary = scanner.atBoundary && !(error instanceof ProtocolError);
      const outcome = { endedBy, bytesFromClient, bytesFromUpstream, clientAtBoundary };
      resolve(error ? { ...outcome, error } : outcome);
    };
    const onAbort = () => finish('proxy', signal.reason);
    const onUpstreamEnd = (cause?: Error) => {
      const saidWhy = scanner.atBoundary && scanner.lastType === MessageType.ErrorResponse;
      finish(clientDone ? 'client' : 'upstream', saidWhy || clientDone ? undefined : upstreamLost(cause));
    };

    pump(listening, client, upstream, (chunk) => {
      bytesFromClient += chunk.length;
      clientDone = endsWithTerminate(chunk);
    });
    pump(listening, upstream, client, (chunk) => {
      bytesFromUpstream += chunk.length;
      try {
        scanner.push(chunk);
      } catch (error) {
        finish('upstream', error as ProtocolError);
      }
    });
    // A client that is done sending may still read: the server is told, and decides when it is over.
    listening.on(client, 'end', () => {
      clientDone = true;
      upstream.end();
    });
    listening.on(client, 'error', () => finish('client'));
    listening.on(client, 'close', () => finish('client'));
    listening.on(upstream, 'end', () => onUpstreamEnd());
    listening.on(upstream, 'error', onUpstreamEnd);
    listening.on(upstream, 'close', () => onUpstreamEnd());
    signal.addEventListener('abort', onAbort, { once: true });
    // Whatever went before there was anybody here to listen does not go again.
    if (client.destroyed) finish('client');
    else if (upstream.destroyed) onUpstreamEnd(upstream.errored ?? undefined);
    else if (signal.aborted) onAbort();
  });
}

/** A client says goodbye before it hangs up, and the server may hang up first. */
function endsWithTerminate(chunk: Buffer): boolean {
  const start = chunk.length - terminate.length;
  return start >= 0 && chunk[start] === MessageType.Terminate && chunk.readInt32BE(start + 1) === 4;
}

/**
 * TLS hands out what one read from the kernel brought record by record. Where records are large many follow each other:
 * they are gathered until the end of the event loop's turn and written together, an eighth of the system calls where a
 * server copies out. Small messages go on at once.
 */
function pump(listening: Listening, from: Socket, to: Socket, seen: (chunk: Buffer) => void): void {
  const comesInRecords = from instanceof TLSSocket;
  let gathering = false;
  const writeGathered = () => {
    gathering = false;
    to.uncork();
  };
  const passOn = (chunk: Buffer) => {
    seen(chunk);
    if (comesInRecords && !gathering && chunk.length >= BULK_RECORD_BYTES) {
      gathering = true;
      to.cork();
      setImmediate(writeGathered);
    }
    to.write(chunk);
    countUsedBuffer(chunk.length);
  };
  listening.on(from, 'data', (chunk: Buffer) => {
    passOn(chunk);
    if (to.writableLength >= MAX_UNWRITTEN_BYTES) from.pause();
  });
  listening.on(to, 'drain', () => from.resume());
  takeShortWay(from, to, passOn);
  from.resume();
}

/**
 * A socket hands each chunk that it reads to its own `push`, which keeps books of it, emits it and asks for a tick to see
 * whether to read more. While nothing is waiting on either side the chunk is passed on instead: a fifth less time outside of
 * the kernel for a small query. A Node that did not ask `push` would emit `data` as ever.
 */
function takeShortWay(from: Socket, to: Socket, passOn: (chunk: Buffer) => void): void {
  const push = from.push;
  from.push = (chunk, encoding) => {
    const nothingWaits = from.readableFlowing && from.readableLength === 0 && to.writableLength < MAX_UNWRITTEN_BYTES;
    if (chunk === null || !nothingWaits) return push.call(from, chunk, encoding);
    passOn(chunk);
    return true;
  };
}

function stopPumping(socket: Socket): void {
  Reflect.deleteProperty(socket, 'push');
  socket.on('error', () => {});
  socket.pause();
}

/** What the relay listens to, and no more: somebody else may wait for the end of a socket, too. */
class Listening {
  readonly #ends: Array<() => void> = [];

  on(socket: Socket, event: string, listener: Parameters<EventEmitter['on']>[1]): void {
    socket.on(event, listener);
    this.#ends.push(() => socket.off(event, listener));
  }

  end(): void {
    for (const end of this.#ends.splice(0)) end();
  }
}

function upstreamLost(cause: Error | undefined): GprxyError {
  return new UpstreamError('the connection to the server was lost', {
    code: 'ERR_UPSTREAM_LOST',
    sqlState: SqlState.ConnectionFailure,
    detail: 'Whether the last statement was carried out is not known.',
    hint: 'Connect again; if that fails, the server or the gateway in front of it is down.',
    ...(cause === undefined ? {} : { cause }),
  });
}
