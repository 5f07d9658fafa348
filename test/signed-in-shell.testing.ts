import { startOidcProvider, startPostgres, type TestPostgres, type TestProvider } from '@gprxy/testkit';
import { type InstalledGprxy, installGprxy, Shell } from './gprxy-shell.testing.ts';

/** A person who has signed in, and a database `sales` that takes her token as a password: what stands before it is the sidecar alone. */
export interface SignedIn extends AsyncDisposable {
  readonly gprxy: InstalledGprxy;
  readonly provider: TestProvider;
  readonly postgres: TestPostgres;
  readonly shell: Shell;
  /** The database takes the token that she has now. */
  acceptToken(): Promise<void>;
}

/** Everything real. The profile is called `default` and listens on a port that is free when the sidecar starts. */
export async function startSignedIn(
  options: { readonly env?: Readonly<Record<string, string>>; readonly sslrootcert?: 'system' } = {},
): Promise<SignedIn> {
  const [gprxy, provider, postgres] = await Promise.all([
    installGprxy(),
    startOidcProvider(),
    startPostgres({ version: 18, database: 'sales', hba: 'hostssl all all all password' }),
  ]);
  const shell = await Shell.open(gprxy, options.env);
  const sslrootcert = options.sslrootcert ?? postgres.caFile;
  await signIn(shell, provider, `postgresql://localhost:${postgres.port}/sales?sslrootcert=${sslrootcert}`);
  await postgres.query('create role "alice@corp.example" login');
  const acceptToken = async () => {
    const token = (await shell.run('gprxy get-token')).stdout.trim();
    await postgres.query(`alter role "alice@corp.example" password '${token}'`);
  };
  await acceptToken();
  return {
    ...{ gprxy, provider, postgres, shell, acceptToken },
    async [Symbol.asyncDispose]() {
      await shell[Symbol.asyncDispose]();
      await Promise.all([postgres.stop(), provider.stop(), gprxy[Symbol.asyncDispose]()]);
    },
  };
}

async function signIn(shell: Shell, provider: TestProvider, upstream: string): Promise<void> {
  const profile = `--issuer ${provider.issuer} --client-id gprxy-cli --upstream ${upstream} --listen 127.0.0.1:0`;
  const login = shell.start(`gprxy login --insecure-storage ${profile}`);
  await provider.approve((await login.says(/With the code filled in: (\S+)/))[1] ?? '', 'alice');
  await login.ended;
}
