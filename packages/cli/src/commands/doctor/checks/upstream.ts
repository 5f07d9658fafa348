import { CliError } from '../../../cli-error.ts';
import { withPrivateSidecar } from '../../../local-session/private-sidecar.ts';
import { upstreamAddress } from '../../../upstream-address.ts';
import { connectStatementClient } from '../../psql/without-psql/statement-client.ts';
import { type Finding, ok } from '../check.ts';
import type { SetUp } from '../set-up.ts';

/** Logs in as a client would, through a sidecar of its own: what the upstream says of the token is in the error. */
export async function checkUpstream(setUp: SetUp): Promise<Finding> {
  const [profile, { identity }] = await Promise.all([setUp.profile(), setUp.token()]);
  const database = upstreamAddress(profile).database;
  const tokens = { getToken: setUp.token };
  const user = identity.email ?? identity.subject ?? 'unknown';
  try {
    const who = await withPrivateSidecar({ profile, tokens, tcp: false }, setUp.dependencies, (endpoint) =>
      whoIsThere({ endpoint, database: database ?? 'postgres', user, passwordFile: '' }),
    );
    return ok(`logged in as ${who}`);
  } catch (error) {
    if (database === undefined && hasSqlState(error, '3D000')) return ok(noDatabase);
    throw hasSqlState(error, '57P03') ? takesNobodyNow(error as Error) : error;
  }
}

type Target = Parameters<typeof connectStatementClient>[0];

async function whoIsThere(target: Target): Promise<string> {
  const client = await connectStatementClient(target, () => {});
  try {
    const [result] = await client.run('select session_user, current_database()');
    const [user, database] = result?.rows[0] ?? [];
    if (typeof user !== 'string') throw new CliError('it does not say who we are', { code: 'ERR_UPSTREAM' });
    return `${user}, database ${String(database)}`;
  } finally {
    await client.close();
  }
}

/** 3D000, invalid_catalog_name, a server says of somebody whom it has let in; 57P03 is cannot_connect_now. */
function hasSqlState(error: unknown, sqlState: string): boolean {
  const { cause } = Object(error) as { cause?: { code?: unknown } };
  return cause?.code === sqlState;
}

/** What clients are told then is to ask the doctor. */
function takesNobodyNow(cause: Error): CliError {
  const hint = 'Try again in a moment. If that stays so, tell the administrator of the upstream.';
  return new CliError(cause.message, { code: 'ERR_UPSTREAM_REFUSED', hint, cause });
}

/** Nothing is wrong with a profile that leaves the database to its clients. */
const noDatabase =
  'it answers, and has no "postgres" to log in to: the profile leaves it to clients to name a database';
