import type { ListenAddress, Profile } from '@gprxy/sidecar';
import { chosenProfile } from '../../chosen-profile.ts';
import { CliError } from '../../cli-error.ts';
import type { Dependencies } from '../../dependencies.ts';
import { isSocket, type LocalEndpoint, parseEndpoint } from '../../local-endpoint.ts';
import { passwordFile } from '../../local-session/password-file.ts';
import { endpointsOf, sidecarStatus } from '../../running-sidecar.ts';
import { print, printJson, say } from '../../say.ts';
import { upstreamAddress } from '../../upstream-address.ts';
import type { DsnOptions } from './dsn-command.ts';
import { type DsnTarget, formatDsn } from './format-dsn.ts';

/** Prints where a client connects. Neither the login nor the store is touched: nothing here is secret. */
export async function dsn(options: DsnOptions, dependencies: Dependencies): Promise<void> {
  const profile = await chosenProfile(options.profile, dependencies);
  const running = endpointsOf(await sidecarStatus(dependencies), profile.name);
  const endpoint = friendliest(running.length > 0 ? running : configuredEndpoints(profile, passwordFile(dependencies)));
  const database = options.database ?? upstreamAddress(profile).database ?? 'postgres';
  const target = { endpoint, database, profile: profile.name };
  const lines = formatDsn(options.for, { ...target, passwordFile: passwordFile(dependencies) });
  if (options.json) printJson(dependencies, asJson(options, target, lines, running.length > 0));
  else print(dependencies, ...lines);
  if (endpoint.passwordFile !== undefined) {
    say(
      dependencies,
      `It asks for a password, a new one each time that gprxy starts: PGPASSFILE=${endpoint.passwordFile}`,
    );
  }
  if (running.length === 0)
    say(dependencies, 'The sidecar does not serve this profile now. Run "gprxy start --detach".');
}

function asJson(
  options: DsnOptions,
  { endpoint, database, profile }: Omit<DsnTarget, 'passwordFile'>,
  lines: readonly string[],
  running: boolean,
): object {
  const { host, port, passwordFile = null } = endpoint;
  return { profile, for: options.for, dsn: lines.join('\n'), host, port, database, passwordFile, running };
}

function configuredEndpoints(profile: Profile, passwordFile: string): readonly LocalEndpoint[] {
  const asked = profile.localAuth === 'password' ? { passwordFile } : {};
  const endpoints = profile.listen
    .map(endpointOf)
    .flatMap((endpoint) =>
      endpoint === undefined ? [] : isSocket(endpoint) ? [endpoint] : [{ ...endpoint, ...asked }],
    );
  if (endpoints.length > 0) return endpoints;
  throw new CliError(`profile "${profile.name}" listens nowhere`, {
    code: 'ERR_CONFIG_LISTEN',
    hint: 'Add listen = "127.0.0.1:5433" to it, or use "gprxy psql", which needs no listener.',
  });
}

/** A port that is chosen at the start is known only then. */
function endpointOf(address: ListenAddress): LocalEndpoint | undefined {
  if ('path' in address) return parseEndpoint(address.path);
  return address.port === 0 ? undefined : address;
}

/** Every client speaks TCP; and people recognise localhost. */
function friendliest(endpoints: readonly LocalEndpoint[]): LocalEndpoint {
  const endpoint = endpoints.find((candidate) => !isSocket(candidate)) ?? (endpoints[0] as LocalEndpoint);
  return endpoint.host === '127.0.0.1' ? { ...endpoint, host: 'localhost' } : endpoint;
}
