import type { TLSSocket } from 'node:tls';
import type { UpstreamTarget } from './connect-upstream-socket.ts';

/** What logins at an upstream have taught, so that the next one takes fewer round trips and less work. */
export interface UpstreamMemory {
  tlsSession?: { readonly ticket: Buffer; readonly notAfterMs: number };
  /** It chose ALPN "postgresql", as only servers do that take TLS without an SSLRequest; false for good once it did not. */
  takesDirectTls?: boolean;
  /** Groups to begin with, where the server had to ask for another key share than OpenSSL guesses. */
  keyShare?: string | undefined;
  /** The upstream took a token as a cleartext password the last time, and it was all that it asked for. */
  takesPassword?: boolean;
  /** It hangs up on every other version of the protocol, and took this one. */
  onlyVersion?: number;
}

const memories = new WeakMap<UpstreamTarget, UpstreamMemory>();

/** One for each target *object*: what was learned under other settings (host, authorities, mode) is not believed. */
export function memoryOf(target: UpstreamTarget): UpstreamMemory {
  const memory = memories.get(target) ?? {};
  memories.set(target, memory);
  return memory;
}

/**
 * Up to version 17, PostgreSQL takes P-256 and nothing else (`ssl_ecdh_curve`), and answers a ClientHello with the key share of a better
 * group by a HelloRetryRequest (RFC 8446 section 4.1.4): a round trip each time, unless that is known. What a server is offered
 * first without that knowledge stays OpenSSL's choice, which gets better with its versions.
 */
export function keyShareFor(secured: TLSSocket): string | undefined {
  const { name } = secured.getEphemeralKeyInfo() as { name?: string };
  return name === 'prime256v1' ? 'P-256:X25519:P-384:P-521' : undefined;
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
  // Of servers without tickets nobody asks how long a certificate is good.
  let notAfterMs: number | undefined;
  secured.on('session', (ticket) => {
    if (secured.destroyed) return;
    notAfterMs ??= Date.parse(secured.getPeerCertificate().valid_to);
    memoryOf(target).tlsSession = { ticket, notAfterMs };
  });
}
