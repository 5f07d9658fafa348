import type { LocalEndpoint } from '../local-endpoint.ts';
import type { Environment } from '../terminal.ts';

/** Where a client program goes, and as whom. */
export interface LocalTarget {
  readonly endpoint: LocalEndpoint;
  readonly database: string;
  /** Neither the person nor the profile has named it. */
  readonly isDatabaseGuessed?: boolean;
  readonly user: string;
  /** A password file that holds nothing of the user's other servers; need not exist. */
  readonly passwordFile: string;
}

/** libpq's variables that would lead a client elsewhere, or have it ask of a local socket what only a server can give. */
export const misleadingVariables = [
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
  'PGTARGETSESSIONATTRS',
  'PGLOADBALANCEHOSTS',
] as const;

/**
 * The caller's environment with libpq pointed at the sidecar. It offers no password but the sidecar's own, and that only by SCRAM: whoever asks
 * for another is not the sidecar.
 */
export function clientEnvironment(env: Environment, target: LocalTarget): Environment {
  const kept = Object.entries(env).filter(([name]) => !(misleadingVariables as readonly string[]).includes(name));
  return {
    ...Object.fromEntries(kept),
    PGHOST: target.endpoint.host,
    PGPORT: String(target.endpoint.port),
    PGDATABASE: target.database,
    PGUSER: target.user,
    PGSSLMODE: 'disable',
    PGGSSENCMODE: 'disable',
    PGPASSFILE: target.passwordFile,
    // Understood by libpq 16 and newer, ignored before.
    PGREQUIREAUTH: requiredAuth(target.endpoint),
  };
}

/** libpq's require_auth. */
export function requiredAuth({ passwordFile }: LocalEndpoint): 'none' | 'scram-sha-256' {
  return passwordFile === undefined ? 'none' : 'scram-sha-256';
}
