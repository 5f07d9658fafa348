import type { IncomingHttpHeaders } from 'node:http';

const LOOPBACK_IPV4 = /^127(\.(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)){3}$/;

/** Whether only programs of this machine can reach `host`. Names other than localhost are not resolved: they may change. */
export function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || host === '::1' || LOOPBACK_IPV4.test(host);
}

/**
 * Whether a request was meant for this machine. A page in a browser can have its own name resolve to 127.0.0.1 and then read what is
 * there (DNS rebinding); the Host header still has that name. Probes of HTTP/1.0 have none.
 */
export function isForLoopback({ host }: IncomingHttpHeaders): boolean {
  if (host === undefined) return true;
  const [, bracketed, plain] = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::\d{1,5})?$/.exec(host) ?? [];
  return isLoopbackHost((bracketed ?? plain ?? '').toLowerCase());
}

/** RFC 9112 section 6.3: these two headers announce a body. */
export function hasBody({ 'content-length': length, 'transfer-encoding': encoding }: IncomingHttpHeaders): boolean {
  return encoding !== undefined || (length !== undefined && Number(length) !== 0);
}
