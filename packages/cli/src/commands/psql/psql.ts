import { join } from 'node:path';
import type { TokenSource } from '@gprxy/credentials';
import { type Profile, paths, userFromTemplate } from '@gprxy/sidecar';
import { chosenProfile } from '../../chosen-profile.ts';
import { configInput } from '../../config-input.ts';
import type { Dependencies } from '../../dependencies.ts';
import type { LocalEndpoint } from '../../local-endpoint.ts';
import { profileLogin } from '../../profile-login.ts';
import { endpointsOf, sidecarStatus } from '../../running-sidecar.ts';
import { say } from '../../say.ts';
import { upstreamAddress } from '../../upstream-address.ts';
import { withPrivateSidecar } from './private-sidecar.ts';
import type { PsqlOptions } from './psql-command.ts';
import { psqlEnvironment } from './psql-environment.ts';

/** Runs psql against the running sidecar, or against one of its own; gives back psql's exit code. */
export async function psql(options: PsqlOptions, dependencies: Dependencies): Promise<number> {
  const profile = await chosenProfile(options.profile, dependencies);
  const tokens = await tokenSource(profile, dependencies);
  // Asked for before psql starts, so that a login that is over is told in our words and with our exit code.
  const { identity } = await tokens.getToken(dependencies.interrupts.signal);
  const user = userFromTemplate(profile.user, identity, profile.name);
  const run = (endpoint: LocalEndpoint) => runPsql({ options, profile, endpoint, user }, dependencies);
  const running = await runningEndpoint(profile, dependencies);
  return running ? run(running) : withPrivateSidecar({ profile, tokens }, dependencies, run);
}

async function tokenSource(profile: Profile, dependencies: Dependencies): Promise<TokenSource> {
  const credentials = await dependencies.credentials();
  return credentials.createOidcTokenSource(await profileLogin(profile, dependencies));
}

/** A daemon that does not answer as it should is no reason not to work. */
async function runningEndpoint(profile: Profile, dependencies: Dependencies): Promise<LocalEndpoint | undefined> {
  const status = await sidecarStatus(dependencies).catch((error: Error) => {
    say(dependencies, `gprxy: ${error.message}; going on without the running sidecar.`);
    return undefined;
  });
  return endpointsOf(status, profile.name)[0];
}

interface PsqlRun {
  readonly options: PsqlOptions;
  readonly profile: Profile;
  readonly endpoint: LocalEndpoint;
  readonly user: string;
}

async function runPsql({ options, profile, endpoint, user }: PsqlRun, dependencies: Dependencies): Promise<number> {
  const { env, runProgram } = dependencies;
  const database = options.database ?? env.PGDATABASE ?? upstreamAddress(profile).database ?? 'postgres';
  const passwordFile = join(paths(configInput(dependencies)).stateDirectory, 'pgpass');
  const target = { endpoint, database, user, passwordFile };
  const exitCode = await runProgram({ command: 'psql', args: options.args, env: psqlEnvironment(env, target) });
  if (exitCode !== undefined) return exitCode;
  const { withoutPsql } = await import('./without-psql/without-psql.ts');
  return withoutPsql(options.args, target, dependencies);
}
