import { join } from 'node:path';
import pg from 'pg';
import type { CertificateAuthority } from '../certificates.ts';
import type { TemporaryDirectory } from '../temporary-directory.ts';
import type { PostgresVersion } from './binaries.ts';
import { writeClusterFile } from './cluster.ts';
import { SUPERUSER } from './cluster-template.ts';
import type { OsUser } from './os-user.ts';
import type { ServerProcess } from './server-process.ts';

// biome-ignore lint/suspicious/noExplicitAny: a row has the shape that its query says
type Row = Record<string, any>;

export interface TestPostgresParts {
  version: PostgresVersion;
  port: number;
  password: string;
  database: string;
  authority: CertificateAuthority;
  caFile: string;
  dataDirectory: string;
  libraryDirectory: string;
  user: OsUser;
  server: ServerProcess;
  /** Another process in the place of one that has ended. */
  startServer(): Promise<ServerProcess>;
  directory: TemporaryDirectory;
}

/** A running PostgreSQL server of 127.0.0.1, and its superuser's way in. */
export class TestPostgres implements AsyncDisposable {
  readonly host = '127.0.0.1';
  readonly superuser = SUPERUSER;
  readonly version: PostgresVersion;
  readonly port: number;
  readonly password: string;
  readonly database: string;
  /** Signed the server's certificate, and signs those of clients. `ca` is its certificate as PEM, `caFile` a file of it. */
  readonly authority: CertificateAuthority;
  readonly ca: string;
  readonly caFile: string;
  readonly dataDirectory: string;
  /** Where this version's libpq lies, for `LD_LIBRARY_PATH`. */
  readonly libraryDirectory: string;
  readonly #parts: TestPostgresParts;
  readonly #pool: pg.Pool;
  #server: ServerProcess;

  constructor(parts: TestPostgresParts) {
    this.#parts = parts;
    this.version = parts.version;
    this.port = parts.port;
    this.password = parts.password;
    this.database = parts.database;
    this.authority = parts.authority;
    this.ca = parts.authority.certPem;
    this.caFile = parts.caFile;
    this.dataDirectory = parts.dataDirectory;
    this.libraryDirectory = parts.libraryDirectory;
    this.#server = parts.server;
    this.#pool = new pg.Pool({ ...this.#settings(parts.database), max: 2, allowExitOnIdle: true });
    this.#pool.on('error', () => undefined);
  }

  /** A URI with `verify-full`. The superuser's holds its password. */
  connectionString(user: string = SUPERUSER, database: string = this.database): string {
    const password = user === SUPERUSER ? `:${this.password}` : '';
    const parameters = new URLSearchParams({ sslmode: 'verify-full', sslrootcert: this.caFile });
    const name = encodeURIComponent(database);
    return `postgresql://${encodeURIComponent(user)}${password}@${this.host}:${this.port}/${name}?${parameters}`;
  }

  /** Runs SQL as the superuser and returns its rows. */
  async query<R extends Row = Row>(sql: string, params?: unknown[]): Promise<R[]> {
    return (await this.#pool.query<R>(sql, params)).rows;
  }

  /** A connection of the superuser; the caller ends it. */
  async connect(database: string = this.database): Promise<pg.Client> {
    const client = new pg.Client(this.#settings(database));
    client.on('error', () => undefined);
    await client.connect();
    return client;
  }

  /** Creates a LOGIN role in `gprxy_users` and in the groups named; creates the groups that are missing. */
  async createUser(name: string, options: { memberOf?: readonly string[] } = {}): Promise<void> {
    const groups = ['gprxy_users', ...(options.memberOf ?? [])];
    for (const group of groups) await this.#createRole(group, 'NOLOGIN');
    await this.#createRole(name, 'LOGIN');
    await this.query(`GRANT ${groups.map(pg.escapeIdentifier).join(', ')} TO ${pg.escapeIdentifier(name)}`);
  }

  async #createRole(name: string, attribute: 'LOGIN' | 'NOLOGIN'): Promise<void> {
    const [existing] = await this.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [name]);
    if (!existing) await this.query(`CREATE ROLE ${pg.escapeIdentifier(name)} ${attribute}`);
  }

  /** Writes pg_hba.conf or pg_ident.conf and returns when new connections obey them; throws what the server objects to. */
  async reload(files: { hba?: string; ident?: string }): Promise<void> {
    const { hba, ident } = files;
    if (hba !== undefined) await this.#write('pg_hba.conf', hba);
    if (ident !== undefined) await this.#write('pg_ident.conf', ident);
    const [problem] = await this.query(
      'SELECT error FROM pg_hba_file_rules WHERE error IS NOT NULL UNION ALL SELECT error FROM pg_ident_file_mappings WHERE error IS NOT NULL',
    );
    if (problem) throw new Error(`PostgreSQL refuses these rules: ${problem.error}`);
    await this.#server.reload();
  }

  #write(name: string, text: string): Promise<void> {
    return writeClusterFile(this.#parts.user, join(this.dataDirectory, name), text);
  }

  /** A fast shutdown, which tells every session 57P01, and a start at the same port. */
  async restart(): Promise<void> {
    await this.#server.stop('SIGINT');
    this.#server = await this.#parts.startServer();
  }

  /** Everything the server has logged since it was started. */
  log(): string {
    return this.#server.log();
  }

  /** Immediate shutdown; removes the data. */
  async stop(): Promise<void> {
    await this.#server.stop();
    if (!this.#pool.ended) await this.#pool.end();
    await this.#parts.directory.remove();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #settings(database: string): pg.ClientConfig {
    const { host, port, password } = this;
    return { host, port, user: SUPERUSER, password, database, ssl: { ca: this.ca, servername: 'localhost' } };
  }
}
