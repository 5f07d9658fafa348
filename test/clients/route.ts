/** One of the two ways to the same database as the same person: straight to PostgreSQL, or through sidecar and gateway. */
export interface Route {
  readonly name: 'direct' | 'gprxy';
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
  /** Of the direct way: the gateway's own certificate, so that `session_user` and `system_user` are the same on both. */
  readonly tls?: RouteTls;
}

export interface RouteTls {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  /** The same as files; `keyDerFile` is the key as JDBC reads it (PKCS #8, DER). */
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
  readonly keyDerFile: string;
}

/** Connection parameters by libpq's names. */
export function libpqParameters({ host, port, user, database, tls }: Route): Record<string, string> {
  return {
    host,
    port: String(port),
    user,
    dbname: database,
    ...(tls
      ? { sslmode: 'verify-full', sslrootcert: tls.caFile, sslcert: tls.certFile, sslkey: tls.keyFile }
      : { sslmode: 'disable' }),
  };
}

/** The environment in which a libpq program takes this route without being told. */
export function libpqEnvironment(route: Route): Record<string, string | undefined> {
  const { host, port, user, dbname, ...ssl } = libpqParameters(route);
  const variables = Object.entries(ssl).map(([name, value]) => [`PG${name.toUpperCase()}`, value]);
  return { PGHOST: host, PGPORT: port, PGUSER: user, PGDATABASE: dbname, ...Object.fromEntries(variables) };
}

/** What node-postgres and postgres.js call `ssl`. */
export function nodeTls({ tls }: Route): false | { ca: string; cert: string; key: string; servername: string } {
  return tls ? { ca: tls.ca, cert: tls.cert, key: tls.key, servername: 'localhost' } : false;
}
