import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { PostgresBinaries } from './binaries.ts';
import { madeOnce } from './made-once.ts';
import { type OsUser, own } from './os-user.ts';

export const SUPERUSER = 'postgres';

// With its sync: a machine that goes down leaves no empty files behind a name that counts as whole.
const INITDB_OPTIONS = [...['-U', SUPERUSER, '-E', 'UTF8', '--locale=C', '--auth=scram-sha-256', '--no-instructions']];

export interface ClusterTemplate {
  /** As initdb left it; it belongs to the OS user that runs servers. */
  readonly data: string;
  /** The superuser's in every copy. */
  readonly password: string;
}

/** A data directory to copy, made once a machine below `parent`: initdb takes longer than all the rest of a start. */
export async function clusterTemplate(
  binaries: PostgresBinaries,
  user: OsUser,
  parent: string,
): Promise<ClusterTemplate> {
  const directory = await madeOnce(join(parent, `gprxy-cluster-${await identityOf(binaries, user)}`), {
    make: (staging) => initialise(binaries, user, staging),
    isWhole: async (path) => (await countFiles(path)) === (await readFile(join(path, 'files'), 'utf8').catch(() => '')),
  });
  return { data: join(directory, 'data'), password: await readFile(join(directory, 'password'), 'utf8') };
}

async function initialise(binaries: PostgresBinaries, user: OsUser, directory: string): Promise<void> {
  const data = join(directory, 'data');
  const passwordFile = join(directory, 'password');
  if (user.uid !== undefined) await chmod(directory, 0o711);
  await mkdir(data, { mode: 0o700 });
  await writeFile(passwordFile, randomBytes(18).toString('base64url'), { mode: 0o600 });
  await own(user, data, passwordFile);
  await promisify(execFile)(binaries.initdb, ['-D', data, `--pwfile=${passwordFile}`, ...INITDB_OPTIONS], {
    ...user,
    cwd: '/',
    env: { ...process.env, LC_ALL: 'C' },
  });
  await writeFile(join(directory, 'files'), await countFiles(directory));
}

/** Other programs, another owner, or another time zone, which initdb writes into the configuration, make another cluster. */
async function identityOf({ initdb, postgres }: PostgresBinaries, { uid }: OsUser): Promise<string> {
  const programs = await Promise.all([initdb, postgres].map((path) => stat(path)));
  const facts = [postgres, ...programs.flatMap(({ size, mtimeMs }) => [size, mtimeMs]), process.env.TZ, uid];
  return createHash('sha256')
    .update(JSON.stringify([facts, INITDB_OPTIONS]))
    .digest('hex')
    .slice(0, 16);
}

const countFiles = async (directory: string) =>
  String((await readdir(join(directory, 'data'), { recursive: true }).catch(() => [])).length);
