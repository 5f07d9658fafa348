import * as v from 'valibot';
import { parseListenAddress, requireLoopback } from '../listen/listen-address.ts';
import { checkTable, type FileText, failure } from './check-table.ts';
import { text } from './profile-keys.ts';

export interface TcpAddress {
  readonly host: string;
  readonly port: number;
}

/** `[sidecar]` of the configuration file: what is not one profile's. */
export interface SidecarSettings {
  /** Where health and metrics are served; absent: nowhere. */
  readonly health?: TcpAddress;
  /** Whether OpenTelemetry gets spans of connections; absent: no. */
  readonly tracing?: boolean;
}

const schema = v.object({
  health: v.optional(text('an address such as "127.0.0.1:9187"')),
  tracing: v.optional(v.boolean('must be true or false')),
});

/** Throws ConfigError. */
export function readSidecarSettings(table: unknown, file: FileText): SidecarSettings {
  const { health, tracing } = checkTable(schema, table, ['sidecar'], file);
  const traced = tracing === undefined ? {} : { tracing };
  if (health === undefined) return traced;
  try {
    return { ...traced, health: tcpAddress(health) };
  } catch (error) {
    throw failure(['sidecar', 'health'], (error as Error).message, file);
  }
}

/** Throws a plain Error. */
function tcpAddress(value: string): TcpAddress {
  if (value.startsWith('unix')) throw new Error('"health" must be an address such as "127.0.0.1:9187"');
  const address = parseListenAddress(value, { profile: '', homedir: '', runtimeDirectory: '' });
  requireLoopback(address);
  return address as TcpAddress;
}
