import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { TokenSource } from '@gprxy/credentials';
import type { ListenAddress, Profile, Sidecar } from '@gprxy/sidecar';
import { CliError } from '../../cli-error.ts';
import type { Dependencies } from '../../dependencies.ts';
import { type LocalEndpoint, parseEndpoint } from '../../local-endpoint.ts';

/** Longest path of a Unix socket that Linux and macOS both take, in bytes, without the closing NUL. */
const maxSocketPathBytes = 103;
const socketName = '.s.PGSQL.5432';

/** Serves one profile for as long as `use` runs, where only this user can reach it: a Unix socket in a 0700 directory. */
export async function withPrivateSidecar<Result>(
  served: { readonly profile: Profile; readonly tokens: TokenSource },
  dependencies: Dependencies,
  use: (endpoint: LocalEndpoint) => Promise<Result>,
): Promise<Result> {
  const { createLog, startSidecar } = await dependencies.sidecars();
  const log = await createLog({ level: 'error', format: 'pretty', write: (line) => dependencies.stderr.write(line) });
  // mkdtemp makes the directory with mode 0700.
  const directory = await mkdtemp(join(temporaryRoot(dependencies), 'gprxy-'));
  try {
    const profile = { ...served.profile, listen: [privateAddress(directory, dependencies.platform)] };
    const sidecar = await startSidecar({ profiles: [profile], tokenSourceFor: () => served.tokens, log });
    try {
      return await use(endpointOf(sidecar));
    } finally {
      await sidecar.close('psql has ended');
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Node has named pipes, not Unix sockets, on Windows; there a free port on loopback has to do. */
function privateAddress(directory: string, platform: NodeJS.Platform): ListenAddress {
  return platform === 'win32' ? { host: '127.0.0.1', port: 0 } : { path: join(directory, socketName) };
}

function temporaryRoot({ tmpdir, platform }: Dependencies): string {
  const longest = Buffer.byteLength(join(tmpdir, 'gprxy-XXXXXX', socketName));
  return platform === 'win32' || longest <= maxSocketPathBytes ? tmpdir : '/tmp';
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
