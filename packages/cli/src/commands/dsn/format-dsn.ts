import { usageError } from '../../cli-error.ts';
import { connectionUrl, urlPart } from '../../connection-url.ts';
import type { LocalEndpoint } from '../../local-endpoint.ts';
import { misleadingVariables, requiredAuth } from '../../local-session/client-environment.ts';
import type { DsnFormat } from './dsn-formats.ts';
import { dataGripSource, dbeaverFields, jdbcUrl } from './java-clients.ts';
import { shellWord } from './shell-word.ts';

export interface DsnTarget {
  readonly endpoint: LocalEndpoint;
  readonly database: string;
  readonly profile: string;
  /**
   * A file that holds no password of other servers. Forms that only libpq reads name it: its own one may have a line for any host, which
   * would go to whoever listens on the port in the place of a sidecar that has ended.
   */
  readonly passwordFile: string;
}

/**
 * The sidecar's address in a client's own form. No form holds a password, and the local hop is plain text that never leaves the
 * machine; the sidecar replaces the user name, so none is given where the client can do without.
 */
export function formatDsn(format: DsnFormat, target: DsnTarget): readonly string[] {
  return formats[format](target);
}

const formats: Readonly<Record<DsnFormat, (target: DsnTarget) => readonly string[]>> = {
  uri: (target) => [connectionUrl(target)],
  // node-postgres knows no user where the environment has no USER, as in containers. Any will do.
  node: (target) => [connectionUrl({ ...target, user: 'me' })],
  psql: (target) => [`psql '${connectionUrl(target)}&passfile=${urlPart(target.passwordFile)}'`],
  python: (target) => [keywords(target)],
  jdbc: (target) => [jdbcUrl(target)],
  dbeaver: dbeaverFields,
  datagrip: dataGripSource,
  pgservice: serviceEntry,
  env: shellVariables,
};

/** A section of ~/.pg_service.conf, where nothing can be quoted. */
function serviceEntry({ endpoint: { host, port }, database, profile, passwordFile }: DsnTarget): readonly string[] {
  if (/^\s|\s$|[\r\n]/.test(database)) {
    throw usageError('a service file cannot hold the name of this database', 'Use --for uri or --for env.');
  }
  const lines = [`host=${host}`, `port=${port}`, `dbname=${database}`, 'sslmode=disable', `passfile=${passwordFile}`];
  return [`[${profile}]`, ...lines];
}

/** For `eval` in a shell. What is set there for another server would lead psql elsewhere, or take a password along. */
function shellVariables({ endpoint, database, passwordFile }: DsnTarget): readonly string[] {
  const variables = {
    PGHOST: endpoint.host,
    PGPORT: String(endpoint.port),
    PGDATABASE: database,
    PGSSLMODE: 'disable',
    PGPASSFILE: passwordFile,
    // Whoever asks for a password on that port is not the sidecar; libpq 16 and newer then refuse to send one.
    PGREQUIREAUTH: requiredAuth(endpoint),
  };
  const exported = Object.entries(variables).map(([name, value]) => `export ${name}=${shellWord(value)}`);
  return [`unset ${misleadingVariables.join(' ')}`, ...exported];
}

/** libpq's keywords, which psycopg2 and psycopg take. */
function keywords({ endpoint: { host, port }, database, passwordFile }: DsnTarget): string {
  return `host=${quoted(host)} port=${port} dbname=${quoted(database)} sslmode=disable passfile=${quoted(passwordFile)}`;
}

function quoted(value: string): string {
  return /^[\w./:-]+$/.test(value) ? value : `'${value.replaceAll(/[\\']/g, '\\$&')}'`;
}
