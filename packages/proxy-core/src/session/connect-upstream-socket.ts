import { isIP, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { GprxyError, SqlState, UpstreamError } from '../errors.ts';
import { sslRequest } from '../wire/startup-packet.ts';
import { ConnectionLost, unlessOutOfDescriptors } from './connection-errors.ts';
import { withDeadline } from './deadline.ts';
import { type Dial, dialTcp } from './dial.ts';
import { MessageChannel } from './message-channel.ts';
import { handshake, POSTGRESQL_ALPN } from './negotiate-tls.ts';
import { secureContextOf } from './secure-context.ts';
import { unreachable } from './unreachable.ts';
import { keyShareFor, memoryOf, rememberSessions, sessionToResume } from './upstream-memory.ts';

/** libpq's names. Only the two that check who answers may carry a token or a password in clear. */
export type TlsMode = 'disable' | 'require' | 'verify-ca' | 'verify-full';

export interface UpstreamTls {
  readonly mode: TlsMode;
  /** `postgres`: ask with SSLRequest first, until the server has shown that it need not be asked. `direct`: a TLS handshake at once (PostgreSQL 17 and later). */
  readonly negotiation: 'postgres' | 'direct';
  /** PEM of the authorities to trust; the system's when absent. */
  readonly ca?: string;
  /** PEM of a client certificate and its key. */
  readonly cert?: string;
  readonly key?: string;
}

export interface UpstreamTarget {
  readonly host: string;
  readonly port: number;
  readonly tls: UpstreamTls;
  /** For everything from the TCP connection to the end of the login. */
  readonly connectTimeoutMs: number;
  /** The way there; straight by TCP when absent. */
  readonly dial?: Dial;
}

/** What waits for the rest of a startup packet behind a ClientHello must not use up the time of a whole login. */
const DIRECT_TLS_GUESS_MS = 2_000;

/** Whether what is sent to `tls` can only be read by the server that it is meant for. */
export function isVerified(tls: UpstreamTls): boolean {
  return tls.mode === 'verify-full' || tls.mode === 'verify-ca';
}

/**
 * A connection to `target`, encrypted and verified as `target.tls` demands. A server that has chosen ALPN "postgresql" behind an
 * SSLRequest takes TLS without one, which saves a round trip; where that fails once, or hangs, it is asked again from then on. Errors: UpstreamError, 08001.
 */
export async function connectUpstreamSocket(target: UpstreamTarget, signal: AbortSignal): Promise<Socket> {
  const { mode, negotiation } = target.tls;
  const plain = await dialUpstream(target, signal);
  if (mode === 'disable') return plain;
  const memory = memoryOf(target);
  if (negotiation === 'direct' || !memory.takesDirectTls) return encrypt(plain, target, negotiation, signal);
  const limitMs = Math.min(DIRECT_TLS_GUESS_MS, target.connectTimeoutMs / 2);
  try {
    const guess = (limited: AbortSignal) => encrypt(plain, target, 'direct', limited);
    return await withDeadline(signal, limitMs, () => unreachable(target, new Error('TLS was not answered')), guess);
  } catch (error) {
    memory.takesDirectTls = false;
    if (signal.aborted) throw error;
    return encrypt(await dialUpstream(target, signal), target, negotiation, signal);
  }
}

async function encrypt(
  plain: Socket,
  target: UpstreamTarget,
  negotiation: UpstreamTls['negotiation'],
  signal: AbortSignal,
): Promise<TLSSocket> {
  try {
    if (negotiation === 'postgres') await requestTls(plain, target, signal);
    const secured = await startTls(plain, target, negotiation, signal);
    const memory = memoryOf(target);
    memory.takesDirectTls ??= secured.alpnProtocol === POSTGRESQL_ALPN;
    memory.keyShare ??= keyShareFor(secured);
    return secured;
  } catch (error) {
    plain.destroy();
    throw error;
  }
}

async function dialUpstream(target: UpstreamTarget, signal: AbortSignal): Promise<Socket> {
  try {
    return await (target.dial ?? dialTcp)(target, signal);
  } catch (error) {
    // A way that is none (a proxy, a jump host) says itself what is wrong with it.
    if (signal.aborted || error instanceof GprxyError) throw error;
    const failure = unlessOutOfDescriptors(error);
    throw failure === error ? unreachable(target, error as Error) : failure;
  }
}

/**
 * SSLRequest and its one-byte answer. Bytes behind that byte were injected before the encryption (CVE-2021-23222),
 * and an error text sent before it may be anybody's, so it is not shown (CVE-2024-10977).
 */
async function requestTls(socket: Socket, target: UpstreamTarget, signal: AbortSignal): Promise<void> {
  const channel = new MessageChannel(socket);
  channel.write(sslRequest);
  const answer = (await channel.readBytes(1, signal).catch(lostBefore(target)))?.toString('latin1');
  if (answer !== 'S') throw tlsRefused(target, answer);
  if (channel.unreadBytes > 0) throw insecure(target, 'it sent unencrypted data after its answer to SSLRequest');
  channel.release();
}

/** ConnectionLost is the client's end: whoever waits for this connection is still there, and is told of it. */
function lostBefore(target: UpstreamTarget) {
  return (error: Error): never => {
    throw error instanceof ConnectionLost ? unreachable(target, (error.cause as Error | undefined) ?? error) : error;
  };
}

async function startTls(
  socket: Socket,
  target: UpstreamTarget,
  negotiation: UpstreamTls['negotiation'],
  signal: AbortSignal,
): Promise<TLSSocket> {
  const { tls, host } = target;
  const session = sessionToResume(target);
  const secured = connectTls({
    socket,
    ...(session && { session }),
    secureContext: secureContextOf(tls, memoryOf(target).keyShare),
    ALPNProtocols: [POSTGRESQL_ALPN],
    rejectUnauthorized: isVerified(tls),
    ...(isIP(host) ? { host } : { host, servername: host }),
    ...(tls.mode === 'verify-full' ? {} : { checkServerIdentity: () => undefined }),
  });
  try {
    await handshake(secured, 'secureConnect', signal);
  } catch (cause) {
    delete memoryOf(target).tlsSession;
    if (cause instanceof GprxyError && signal.aborted) throw cause;
    throw insecure(target, 'its TLS certificate or handshake was refused', cause);
  }
  if (negotiation === 'direct' && secured.alpnProtocol !== POSTGRESQL_ALPN) {
    secured.destroy();
    throw insecure(target, 'it did not agree on ALPN "postgresql", which direct TLS requires');
  }
  rememberSessions(target, secured);
  return secured;
}

function nameOf(target: UpstreamTarget): string {
  return `${target.host}:${target.port}`;
}

function tlsRefused(target: UpstreamTarget, answer: string | undefined): UpstreamError {
  if (answer === undefined) return unreachable(target, new Error('closed before it answered SSLRequest'));
  return answer === 'N'
    ? insecure(
        target,
        'it does not offer TLS',
        undefined,
        'Have its administrator turn TLS on, or check its host and port.',
      )
    : insecure(
        target,
        'it answered SSLRequest with something else than yes or no',
        undefined,
        'Check its host and port: what answers there does not seem to be a PostgreSQL server.',
      );
}

const checkCertificate = 'Check sslrootcert and sslmode of the upstream, and the certificate that the upstream serves.';

function insecure(target: UpstreamTarget, why: string, cause?: unknown, hint = checkCertificate): UpstreamError {
  const reason = cause instanceof Error && cause.message ? `: ${cause.message}` : '';
  return new UpstreamError(`no verified TLS connection to ${nameOf(target)}: ${why}${reason}`, {
    code: 'ERR_UPSTREAM_TLS',
    sqlState: SqlState.CannotEstablish,
    detail: 'Nothing was sent over it.',
    hint,
    cause,
  });
}
