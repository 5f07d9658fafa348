import { usageError } from '../../cli-error.ts';
import { connectionUrl, urlHost, urlPart } from '../../connection-url.ts';
import { isSocket, type LocalEndpoint } from '../../local-endpoint.ts';
import type { DsnFormat } from './dsn-formats.ts';

export interface DsnTarget {
  readonly endpoint: LocalEndpoint;
  readonly database: string;
  readonly profile: string;
}

/**
 * The sidecar's address in a client's own form. No form names a password, and the local hop is plain text that never leaves the
 * machine; the sidecar replaces the user name, so none is given where the client can do without.
 */
export function formatDsn(format: DsnFormat, target: DsnTarget): readonly string[] {
  return formats[format](target);
}

const formats: Readonly<Record<DsnFormat, (target: DsnTarget) => readonly string[]>> = {
  uri: (target) => [connectionUrl(target)],
  // node-postgres knows no user where the environment has no USER, as in containers. Any will do.
  node: (target) => [connectionUrl({ ...target, user: 'me' })],
  psql: (target) => [`psql '${connectionUrl(target)}'`],
  python: (target) => [keywords(target)],
  jdbc: (target) => [jdbcUrl(target)],
  dbeaver: dbeaverFields,
  datagrip: datagripSource,
  pgservice: ({ endpoint: { host, port }, database, profile }) => [
    `[${profile}]`,
    `host=${host}`,
    `port=${port}`,
    `dbname=${database}`,
    'sslmode=disable',
  ],
  env: ({ endpoint: { host, port }, database }) => [
    ...exported({ PGHOST: host, PGPORT: String(port), PGDATABASE: database, PGSSLMODE: 'disable' }),
    // Whoever asks for a password on that port is not the sidecar; libpq 16 and newer then refuse to send one.
    ...exported({ PGREQUIREAUTH: 'none' }),
  ],
};

function keywords({ endpoint: { host, port }, database }: DsnTarget): string {
  return `host=${quoted(host)} port=${port} dbname=${quoted(database)} sslmode=disable`;
}

function jdbcUrl({ endpoint, database }: DsnTarget): string {
  tcpOnly(endpoint);
  return `jdbc:postgresql://${urlHost(endpoint)}:${endpoint.port}/${urlPart(database)}?sslmode=disable`;
}

/** What to fill in, and the same as DBeaver's own command line takes it. */
function dbeaverFields(target: DsnTarget): readonly string[] {
  const { host, port } = tcpOnly(target.endpoint);
  const connection = `driver=postgresql|host=${host}|port=${port}|database=${target.database}|user=me|name=${target.profile}|savePassword=true`;
  return [
    'Connect by      Host',
    `Host            ${host}`,
    `Port            ${port}`,
    `Database        ${target.database}`,
    'Authentication  Database Native',
    'Username        me (any will do)',
    'Password        leave empty, and tick "Save password"',
    'SSL             off',
    '',
    `dbeaver -con ${shellWord(connection)}`,
  ];
}

/** What DataGrip's "Import from clipboard" reads. */
function datagripSource(target: DsnTarget): readonly string[] {
  return [
    '#DataSourceSettings#',
    '#LocalDataSource: gprxy',
    '#BEGIN#',
    `<data-source source="LOCAL" name="gprxy ${xml(target.profile)}"><driver-ref>postgresql</driver-ref>` +
      `<jdbc-driver>org.postgresql.Driver</jdbc-driver><jdbc-url>${xml(jdbcUrl(target))}</jdbc-url>` +
      '<auth-provider>no-auth</auth-provider></data-source>',
    '#END#',
  ];
}

function tcpOnly(endpoint: LocalEndpoint): LocalEndpoint {
  if (!isSocket(endpoint)) return endpoint;
  throw usageError('Java clients cannot use a Unix socket', 'Add listen = "127.0.0.1:5433" to the profile.');
}

function exported(variables: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(variables).map(([name, value]) => `export ${name}=${shellWord(value)}`);
}

function quoted(value: string): string {
  return /^[\w./:-]+$/.test(value) ? value : `'${value.replaceAll(/[\\']/g, '\\$&')}'`;
}

function shellWord(value: string): string {
  return /^[\w./:@-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`;
}

function xml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
