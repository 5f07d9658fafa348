import type { Profile } from '@gprxy/sidecar';

export interface UpstreamAddress {
  readonly host: string;
  readonly port: number;
  readonly database?: string;
}

/** Where a profile leads, to the first of its hosts. The configuration has already checked the connection string. */
export function upstreamAddress(profile: Profile): UpstreamAddress {
  return upstreamAddresses(profile)[0];
}

/** The hosts of a profile, in the order in which they are tried: a connection string may name several, which a URL cannot. */
export function upstreamAddresses({ upstream }: Profile): [UpstreamAddress, ...UpstreamAddress[]] {
  const [, scheme = '', hosts = '', rest = ''] = /^([^:]*:\/\/)([^/?#]*)(.*)$/s.exec(upstream) ?? [];
  const [first = '', ...more] = hosts.split(',');
  const addressAt = (host: string): UpstreamAddress => addressOf(new URL(`${scheme}${host}${rest}`));
  return [addressAt(first), ...more.map(addressAt)];
}

function addressOf({ hostname, port, pathname }: URL): UpstreamAddress {
  const database = decodeURIComponent(pathname.slice(1));
  return {
    host: decodeURIComponent(hostname),
    port: Number(port || 5432),
    ...(database !== '' && { database }),
  };
}
