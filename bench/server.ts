import { randomBytes } from 'node:crypto';
import { chmod } from 'node:fs/promises';
import { startPostgres, type TemporaryDirectory, type TestPostgres, temporaryDirectory } from '@gprxy/testkit';

/** PostgreSQL 18 over TLS, with one role whose password is what stands for the access token. */
export interface BenchServer extends AsyncDisposable {
  readonly postgres: TestPostgres;
  readonly user: string;
  readonly token: string;
  /** For configuration files of peers, and for data. */
  readonly directory: string;
}

const HBA = `
hostssl all postgres 127.0.0.1/32 scram-sha-256
hostssl all alice 127.0.0.1/32 password
`;

export async function startBenchServer(): Promise<BenchServer> {
  const directory = await temporaryDirectory({ prefix: 'gprxy-bench-' });
  // Peers that give up root read their files after that.
  await chmod(directory.path, 0o711);
  const postgres = await startPostgres({
    version: 18,
    database: 'bench',
    hba: HBA,
    // Logins are not what is measured, and pgbench counts them in its time: checking a password should cost nothing.
    configuration: { shared_buffers: '256MB', autovacuum: 'off', scram_iterations: '1' },
  });
  const user = 'alice';
  const token = randomBytes(24).toString('base64url');
  await postgres.query(`CREATE ROLE ${user} LOGIN PASSWORD '${token}'`);
  await postgres.query(`ALTER DATABASE bench OWNER TO ${user}`);
  return {
    postgres,
    user,
    token,
    directory: directory.path,
    [Symbol.asyncDispose]: () => stop(postgres, directory),
  };
}

async function stop(postgres: TestPostgres, directory: TemporaryDirectory): Promise<void> {
  await postgres.stop();
  await directory.remove();
}
