import type { Profile } from '@gprxy/sidecar';

export interface UpstreamAddress {
  readonly host: string;
  readonly port: number;
  readonly database?: string;
}

/** Where a profile leads. The configuration has already checked the connection string. */
export function upstreamAddress(profile: Profile): UpstreamAddress {
  const url = new URL(profile.upstream);
  const database = decodeURIComponent(url.pathname.slice(1));
  return {
    host: decodeURIComponent(url.hostname),
    port: Number(url.port || 5432),
    ...(database !== '' && { database }),
  };
}
