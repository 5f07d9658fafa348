import { X509Certificate } from 'node:crypto';
import {
  connectUpstreamSocket,
  peerCertificate,
  UpstreamError,
  type UpstreamTarget,
  withDeadline,
} from '@gprxy/proxy-core';

/** What a server's certificate says of itself. */
export interface ServedCertificate {
  readonly subject: string;
  /** Host names and addresses that it is good for. */
  readonly names: readonly string[];
  readonly issuer: string;
  readonly validFrom: Date;
  readonly validTo: Date;
}

/**
 * Connects as for a session, with all of its checks, and hangs up: nothing is sent but the handshake. `undefined` without TLS.
 * Rejects with UpstreamError as a session would; its cause has the code of what is wrong with the certificate.
 */
export function checkUpstreamTls(target: UpstreamTarget, signal: AbortSignal): Promise<ServedCertificate | undefined> {
  return certificateFrom(target, signal);
}

/** What the server shows, trusted or not, to tell a person why it is refused. Nothing is sent but the handshake. */
export function lookAtCertificate(target: UpstreamTarget, signal: AbortSignal): Promise<ServedCertificate | undefined> {
  return certificateFrom({ ...target, tls: { ...target.tls, mode: 'require' } }, signal);
}

function certificateFrom(target: UpstreamTarget, signal: AbortSignal): Promise<ServedCertificate | undefined> {
  const tooSlow = () =>
    new UpstreamError(`${target.host}:${target.port} does not answer`, { code: 'ERR_UPSTREAM_TIMEOUT' });
  return withDeadline(signal, target.connectTimeoutMs, tooSlow, async (limited) => {
    const socket = await connectUpstreamSocket(target, limited);
    const certificate = peerCertificate(socket);
    socket.destroy();
    return certificate && describe(new X509Certificate(certificate));
  });
}

function describe({ subject, subjectAltName, issuer, validFrom, validTo }: X509Certificate): ServedCertificate {
  const names = subjectAltName?.split(', ').map((name) => name.replace(/^(DNS|IP Address):/, '')) ?? [];
  return {
    subject: oneLine(subject),
    names,
    issuer: oneLine(issuer),
    validFrom: new Date(validFrom),
    validTo: new Date(validTo),
  };
}

/** Node has each part of a distinguished name on a line of its own. */
function oneLine(distinguishedName: string): string {
  return distinguishedName.replaceAll('\n', ', ');
}
