import { randomBytes } from 'node:crypto';
import { chmod } from 'node:fs/promises';
import { alice, DEFAULT_HBA, type Stack, startStack } from '@gprxy/testkit';

export interface Login {
  readonly user: string;
  /** A password, or the token that stands for one. */
  readonly secret: string;
}

/** Has the same password, kept with as many iterations as PostgreSQL takes by itself, and is asked for it by SCRAM. */
export const SCRAM_ROLE = 'bench_scram';

/** PostgreSQL 18 over TLS, with a gateway in front of it. */
export interface BenchServer extends AsyncDisposable {
  readonly stack: Stack;
  readonly database: string;
  /** A role of PostgreSQL's own. Its password is what stands for a token where there is no gateway. */
  readonly password: Login;
  /** A person at the gateway, with an access token that outlives the benchmark. */
  readonly person: Login;
  /** For configuration files of peers, and for data. */
  readonly directory: string;
}

const TOKEN_LIFETIME_SECONDS = 6 * 3_600;
// As a token it arrives in clear within TLS, so the server must ask for it in clear.
const HBA = `hostssl all bench 127.0.0.1/32 password\n${DEFAULT_HBA}`;
const CONFIGURATION = {
  shared_buffers: '256MB',
  autovacuum: 'off',
  // Logins are not what is measured, and pgbench counts them in its time: checking a password should cost nothing.
  scram_iterations: '1',
};

export async function startBenchServer(): Promise<BenchServer> {
  const stack = await startStack({ version: 18, configuration: CONFIGURATION, people: [alice] });
  const { postgres, provider, directory } = stack;
  // Peers that give up root read their files after that.
  await chmod(directory, 0o711);
  await postgres.reload({ hba: HBA });
  const password = { user: 'bench', secret: randomBytes(24).toString('base64url') };
  await postgres.query(`CREATE ROLE ${password.user} LOGIN PASSWORD '${password.secret}'`);
  await postgres.query(
    `SET scram_iterations = 4096; CREATE ROLE ${SCRAM_ROLE} LOGIN PASSWORD '${password.secret}'; RESET scram_iterations`,
  );
  await postgres.query(`ALTER DATABASE ${postgres.database} OWNER TO ${password.user}`);
  await postgres.query(`ALTER DEFAULT PRIVILEGES FOR ROLE ${password.user} GRANT ALL ON TABLES TO PUBLIC`);
  const expiry = Math.floor(Date.now() / 1_000) + TOKEN_LIFETIME_SECONDS;
  const person = { user: alice.email, secret: await provider.signToken({ exp: expiry }) };
  return {
    ...{ stack, database: postgres.database, password, person, directory },
    [Symbol.asyncDispose]: () => stack.stop(),
  };
}
