import type { LocalEndpoint } from '../../local-endpoint.ts';
import type { Environment } from '../../terminal.ts';

export interface PsqlTarget {
  readonly endpoint: LocalEndpoint;
  readonly database: string;
  readonly user: string | undefined;
  /** A password file that holds nothing of the user's other servers; need not exist. */
  readonly passwordFile: string;
}

/** libpq's variables that would lead psql elsewhere, or have it ask of a local socket what only a server can give. */
const misleading = [
  'PGHOSTADDR',
  'PGPASSWORD',
  'PGSERVICE',
  'PGSERVICEFILE',
  'PGREQUIRESSL',
  'PGSSLCERT',
  'PGSSLCERTMODE',
  'PGSSLKEY',
  'PGSSLNEGOTIATION',
  'PGSSLROOTCERT',
  'PGCHANNELBINDING',
  'PGREQUIREPEER',
] as const;

/** The caller's environment with psql pointed at the sidecar. It never offers a password: whoever asks for one is not the sidecar. */
export function psqlEnvironment(env: Environment, { endpoint, database, user, passwordFile }: PsqlTarget): Environment {
  const kept = Object.entries(env).filter(([name]) => !(misleading as readonly string[]).includes(name));
  return {
    ...Object.fromEntries(kept),
    PGHOST: endpoint.host,
    PGPORT: String(endpoint.port),
    PGDATABASE: database,
    ...(user !== undefined && { PGUSER: user }),
    PGSSLMODE: 'disable',
    PGGSSENCMODE: 'disable',
    PGPASSFILE: passwordFile,
    // Understood by libpq 16 and newer, ignored before.
    PGREQUIREAUTH: 'none',
  };
}
