import { createHash } from 'node:crypto';
import { usageError } from '../../cli-error.ts';
import { urlHost, urlPart } from '../../connection-url.ts';
import { isSocket, type LocalEndpoint } from '../../local-endpoint.ts';
import type { DsnTarget } from './format-dsn.ts';
import { shellWord } from './shell-word.ts';

export function jdbcUrl({ endpoint, database }: DsnTarget): string {
  tcpOnly(endpoint);
  return `jdbc:postgresql://${urlHost(endpoint)}:${endpoint.port}/${urlPart(database)}?sslmode=disable`;
}

/** What to fill in, and the same as DBeaver's own command line takes it (DBeaver documentation, "Command Line": -con). */
export function dbeaverFields(target: DsnTarget): readonly string[] {
  const { host, port } = tcpOnly(target.endpoint);
  const { database, profile } = target;
  if (database.includes('|')) {
    throw usageError('DBeaver cannot be given a database with "|" in its name', 'Use --for jdbc and paste the URL.');
  }
  const parts = { driver: 'postgres-jdbc', name: profile, host, port, database, user: 'me', savePassword: true };
  const connection = Object.entries(parts).map(([name, value]) => `${name}=${value}`);
  return [
    'Connect by      Host',
    `Host            ${host}`,
    `Port            ${port}`,
    `Database        ${database}`,
    'Authentication  Database Native',
    'Username        me (any will do)',
    'Password        leave empty, and tick "Save password"',
    'SSL             off',
    '',
    `dbeaver -con ${shellWord(connection.join('|'))}`,
  ];
}

/** What DataGrip and the other JetBrains programs read by "Import from Clipboard". */
export function dataGripSource(target: DsnTarget): readonly string[] {
  const name = `gprxy ${target.profile} ${target.database}`;
  const source = [
    `<data-source source="LOCAL" name="${xml(name)}" uuid="${uuidFor(name)}">`,
    '<driver-ref>postgresql</driver-ref>',
    '<synchronize>true</synchronize>',
    '<jdbc-driver>org.postgresql.Driver</jdbc-driver>',
    `<jdbc-url>${xml(jdbcUrl(target))}</jdbc-url>`,
    '<auth-provider>no-auth</auth-provider>',
    '</data-source>',
  ];
  return ['#DataSourceSettings#', `#LocalDataSource: ${name}`, '#BEGIN#', source.join(''), '#END#'];
}

/** The same each time, so that pasting again does not add a second source. */
function uuidFor(name: string): string {
  const hex = createHash('sha256').update(name).digest('hex');
  // Version 8: of our own making (RFC 9562 section 5.8).
  return [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  );
}

function tcpOnly(endpoint: LocalEndpoint): LocalEndpoint {
  if (!isSocket(endpoint)) return endpoint;
  throw usageError('Java clients cannot use a Unix socket', 'Add listen = "127.0.0.1:5433" to the profile.');
}

function xml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
