import { type Profile, userFromTemplate } from '@gprxy/sidecar';
import { chosenProfile } from '../chosen-profile.ts';
import type { Dependencies } from '../dependencies.ts';
import { isSocket, type LocalEndpoint } from '../local-endpoint.ts';
import { tokenSourceFor } from '../profile-login.ts';
import { endpointsOf, sidecarStatus } from '../running-sidecar.ts';
import { say } from '../say.ts';
import { upstreamAddress } from '../upstream-address.ts';
import type { LocalTarget } from './client-environment.ts';
import { passwordFile } from './password-file.ts';
import { withPrivateSidecar } from './private-sidecar.ts';

export interface LocalSessionOptions {
  readonly profile?: string;
  readonly database?: string;
  /** For programs that cannot use a Unix socket. */
  readonly tcp?: boolean;
}

/** Runs `use` with a sidecar to connect to: the one that runs already, or one that lives for as long as `use` does. */
export async function withLocalSession<Result>(
  options: LocalSessionOptions,
  dependencies: Dependencies,
  use: (target: LocalTarget) => Promise<Result>,
): Promise<Result> {
  const profile = await chosenProfile(options.profile, dependencies);
  const tokens = await tokenSourceFor(profile, dependencies);
  // Asked for before the program starts, so that a login that is over is told in our words and with our exit code.
  const { identity } = await tokens.getToken(dependencies.interrupts.signal);
  const user = userFromTemplate(profile.user, identity, profile.name);
  const named = options.database ?? dependencies.env.PGDATABASE ?? upstreamAddress(profile).database;
  const chosen = { database: named ?? 'postgres', isDatabaseGuessed: named === undefined, user };
  const run = (endpoint: LocalEndpoint) =>
    use({ ...chosen, endpoint, passwordFile: endpoint.passwordFile ?? passwordFile(dependencies) });
  const tcp = options.tcp ?? false;
  const running = await runningEndpoint(profile, tcp, dependencies);
  return running ? run(running) : withPrivateSidecar({ profile, tokens, tcp }, dependencies, run);
}

/** A daemon that does not answer as it should is no reason not to work. */
async function runningEndpoint(
  profile: Profile,
  tcp: boolean,
  dependencies: Dependencies,
): Promise<LocalEndpoint | undefined> {
  const status = await sidecarStatus(dependencies).catch((error: Error) => {
    say(dependencies, `gprxy: ${error.message}; going on without the running sidecar.`);
    return undefined;
  });
  return endpointsOf(status, profile.name).find((endpoint) => !tcp || !isSocket(endpoint));
}
