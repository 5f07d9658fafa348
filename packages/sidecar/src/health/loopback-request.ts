import type { IncomingHttpHeaders } from 'node:http';
import { isLocalOnly } from '../listen/listen-address.ts';

/**
 * Whether a request was meant for this machine. A page in a browser can have its own name resolve to 127.0.0.1 and then read what is
 * there (DNS rebinding); the Host header still has that name. Probes of HTTP/1.0 have none.
 */
export function isForLoopback({ host }: IncomingHttpHeaders): boolean {
  if (host === undefined) return true;
  const [, bracketed, plain] = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::\d{1,5})?$/.exec(host) ?? [];
  return isLocalOnly({ host: (bracketed ?? plain ?? '').toLowerCase(), port: 0 });
}

/** RFC 9112 section 6.3: these two headers announce a body. */
export function hasBody({ 'content-length': length, 'transfer-encoding': encoding }: IncomingHttpHeaders): boolean {
  return encoding !== undefined || (length !== undefined && Number(length) !== 0);
}
