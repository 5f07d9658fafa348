import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { TokenSource } from '@gprxy/credentials';
import type { ListenAddress, Profile, Sidecar } from '@gprxy/sidecar';
import { CliError } from '../cli-error.ts';
import type { Dependencies } from '../dependencies.ts';
import type { LocalEndpoint } from '../local-endpoint.ts';
import { endpointsOf } from '../running-sidecar.ts';
import { createSessionDirectory, socketName } from './session-directory.ts';

export interface PrivatelyServed {
  readonly profile: Profile;
  readonly tokens: TokenSource;
  /** A free port on loopback instead of a Unix socket, which not every client can use. */
  readonly tcp: boolean;
}

/** Serves one profile for as long as `use` runs, where only this user can reach it: a Unix socket in a 0700 directory. */
export async function withPrivateSidecar<Result>(
  served: PrivatelyServed,
  dependencies: Dependencies,
  use: (endpoint: LocalEndpoint) => Promise<Result>,
): Promise<Result> {
  // Node has named pipes, not Unix sockets, on Windows.
  const tcp = served.tcp || dependencies.platform === 'win32';
  const directory = await createSessionDirectory(dependencies);
  const address = tcp ? { host: '127.0.0.1', port: 0 } : { path: join(directory, socketName) };
  try {
    return await serveAt({ address, passwordFile: join(directory, 'pgpass') }, served, dependencies, use);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

interface PrivatePlace {
  readonly address: ListenAddress;
  readonly passwordFile: string;
}

async function serveAt<Result>(
  { address, passwordFile }: PrivatePlace,
  { profile, tokens }: PrivatelyServed,
  dependencies: Dependencies,
  use: (endpoint: LocalEndpoint) => Promise<Result>,
): Promise<Result> {
  const { createLog, startSidecar } = await dependencies.sidecars();
  // What keeps it from starting is told by the error, once.
  let hasStarted = false;
  const write = (line: string) => void (hasStarted && dependencies.stderr.write(line));
  const log = await createLog({ level: 'error', format: 'pretty', write });
  const localAuth = localAuthOn(dependencies.platform, profile);
  // It lives as long as one program: what it kept would mostly be for nobody.
  const profiles = [{ ...profile, listen: [address], localAuth, warm: 'off' as const }];
  const sidecar = await startSidecar({ profiles, tokenSourceFor: () => tokens, log, passwordFile });
  try {
    const endpoint = endpointOf(sidecar);
    hasStarted = true;
    return await use(endpoint);
  } finally {
    await sidecar.close('the program that used it has ended');
  }
}

/** Only Linux tells whose the other end of a TCP connection is; where it does, no program has to know a password. */
function localAuthOn(platform: NodeJS.Platform, { localAuth }: Profile): Profile['localAuth'] {
  if (localAuth === 'trust') return 'trust';
  return platform === 'linux' ? 'same-user' : 'password';
}

function endpointOf(sidecar: Sidecar): LocalEndpoint {
  const [listener] = sidecar.listeners;
  const [endpoint] = endpointsOf(sidecar.status(), listener?.profile ?? '');
  if (endpoint !== undefined) return endpoint;
  const [problem] = sidecar.problems;
  throw new CliError(problem?.message ?? 'the sidecar could not listen', {
    code: 'ERR_CONFIG_LISTEN',
    hint: problem?.hint,
  });
}
