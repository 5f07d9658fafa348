import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { TokenSource } from '@gprxy/credentials';
import type { ListenAddress, Profile, Sidecar } from '@gprxy/sidecar';
import { CliError } from '../cli-error.ts';
import type { Dependencies } from '../dependencies.ts';
import { type LocalEndpoint, parseEndpoint } from '../local-endpoint.ts';
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
  if (served.tcp || dependencies.platform === 'win32') {
    return serveAt({ host: '127.0.0.1', port: 0 }, served, dependencies, use);
  }
  const directory = await createSessionDirectory(dependencies);
  try {
    return await serveAt({ path: join(directory, socketName) }, served, dependencies, use);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function serveAt<Result>(
  address: ListenAddress,
  { profile, tokens }: PrivatelyServed,
  dependencies: Dependencies,
  use: (endpoint: LocalEndpoint) => Promise<Result>,
): Promise<Result> {
  const { createLog, startSidecar } = await dependencies.sidecars();
  const log = await createLog({ level: 'error', format: 'pretty', write: (line) => dependencies.stderr.write(line) });
  const profiles = [{ ...profile, listen: [address] }];
  const sidecar = await startSidecar({ profiles, tokenSourceFor: () => tokens, log });
  try {
    return await use(endpointOf(sidecar));
  } finally {
    await sidecar.close('the program that used it has ended');
  }
}

function endpointOf(sidecar: Sidecar): LocalEndpoint {
  const endpoint = parseEndpoint(sidecar.listeners[0]?.address ?? '');
  if (endpoint !== undefined) return endpoint;
  const [problem] = sidecar.problems;
  throw new CliError(problem?.message ?? 'the sidecar could not listen', {
    code: 'ERR_CONFIG_LISTEN',
    hint: problem?.hint,
  });
}
