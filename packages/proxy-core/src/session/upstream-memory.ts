import type { TLSSocket } from 'node:tls';
import type { UpstreamTarget } from './connect-upstream-socket.ts';

/** What logins at an upstream have taught, so that the next one takes fewer round trips and less work. */
export interface UpstreamMemory {
  tlsSession?: { readonly ticket: Buffer; readonly notAfterMs: number };
  /** The upstream took a token as a cleartext password the last time, and it was all that it asked for. */
  takesPassword?: boolean;
}

const memories = new WeakMap<UpstreamTarget, UpstreamMemory>();

/** One for each target *object*: what was learned under other settings (host, authorities, mode) is not believed. */
export function memoryOf(target: UpstreamTarget): UpstreamMemory {
  const memory = memories.get(target) ?? {};
  memories.set(target, memory);
  return memory;
}

/**
 * The TLS session to resume (RFC 8446 section 2.2): of a handshake in which the certificate was verified. It ends with
 * that certificate, which a resumed handshake does not show again.
 */
export function sessionToResume(target: UpstreamTarget, now = Date.now()): Buffer | undefined {
  const { tlsSession } = memoryOf(target);
  return tlsSession && now < tlsSession.notAfterMs ? tlsSession.ticket : undefined;
}

/** Keeps the newest ticket of a verified connection. TLS 1.3 brings them after the handshake. */
export function rememberSessions(target: UpstreamTarget, secured: TLSSocket): void {
  // Not getPeerX509Certificate(): Node 20 hands out the X509Certificate of a client connection only once, and SCRAM needs it.
  const notAfterMs = Date.parse(secured.getPeerCertificate().valid_to);
  secured.on('session', (ticket) => {
    memoryOf(target).tlsSession = { ticket, notAfterMs };
  });
}
