import { isIP } from 'node:net';

export interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

/** `"0.0.0.0:6432"`, `"[::1]:6432"`, `"localhost:6432"`; `undefined` for anything else. */
export function parseHostAndPort(text: string): HostAndPort | undefined {
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  const port = Number(digits);
  if (host === undefined || port > 65_535) return undefined;
  if (bracketed !== undefined && isIP(bracketed) !== 6) return undefined;
  return { host, port };
}

export function formatHostAndPort({ host, port }: HostAndPort): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
