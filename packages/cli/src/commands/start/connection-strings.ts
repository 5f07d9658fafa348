import type { ConnectionString, ListenerStatus, ProfilesRead } from '@gprxy/sidecar';
import { parseEndpoint } from '../../local-endpoint.ts';
import { upstreamAddress } from '../../upstream-address.ts';
import type { DsnFormat } from '../dsn/dsn-formats.ts';
import { formatDsn } from '../dsn/format-dsn.ts';

/** What most people paste somewhere; `gprxy dsn` knows more. */
const CLIENTS: ReadonlyArray<readonly [client: string, format: DsnFormat]> = [
  ['URL', 'uri'],
  ['psql', 'psql'],
  ['JDBC', 'jdbc'],
  ['Python', 'python'],
];

/** As `gprxy dsn` prints them. */
export function connectionStrings(
  { profile: name, address, passwordFile: asked }: ListenerStatus,
  { profiles }: ProfilesRead,
  passwordFile: string,
): readonly ConnectionString[] {
  const profile = profiles.find((each) => each.name === name);
  const found = parseEndpoint(address);
  if (!profile || !found) return [];
  const host = found.host === '127.0.0.1' ? 'localhost' : found.host;
  const endpoint = { ...found, host, ...(asked !== undefined && { passwordFile: asked }) };
  const target = { endpoint, database: upstreamAddress(profile).database ?? 'postgres', profile: name, passwordFile };
  return CLIENTS.map(([client, format]) => ({ client, text: formatDsn(format, target).join('\n') }));
}
