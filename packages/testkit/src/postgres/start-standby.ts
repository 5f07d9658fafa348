import { execFile } from 'node:child_process';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { temporaryDirectory } from '../temporary-directory.ts';
import { DEBIAN_POSTGRES, postgresBinaries } from './binaries.ts';
import { postgresOsUser, reachableTemporaryRoot } from './os-user.ts';
import { startServerProcess } from './server-process.ts';
import { startOnFreePort } from './start-postgres.ts';
import { TestPostgres } from './test-postgres.ts';

/**
 * A standby that streams from `primary`, which must be of version 15 (`has.postgres15`) and let its superuser replicate:
 * `hostssl replication postgres 127.0.0.1/32 scram-sha-256`. `SELECT pg_promote()` makes it a primary.
 */
export async function startStandby(primary: TestPostgres): Promise<TestPostgres> {
  const user = postgresOsUser();
  const directory = await temporaryDirectory({ parent: await reachableTemporaryRoot(user), prefix: 'gprxy-standby-' });
  const dataDirectory = join(directory.path, 'data');
  // For the program that makes the data directory as the OS user that owns it.
  await chmod(directory.path, 0o777);
  await promisify(execFile)(
    `${DEBIAN_POSTGRES}/bin/pg_basebackup`,
    [
      ...['-h', primary.host, '-p', String(primary.port), '-U', primary.superuser, '-D', dataDirectory],
      ...['--write-recovery-conf', '--checkpoint=fast', '--no-sync'],
    ],
    {
      ...user,
      cwd: '/',
      env: { HOME: directory.path, PGPASSWORD: primary.password, PGSSLMODE: 'require', LC_ALL: 'C' },
    },
  );
  await chmod(directory.path, 0o711);
  const { postgres, lib } = await postgresBinaries(primary.version, user);
  const { server, port } = await startOnFreePort(postgres, dataDirectory, user);
  const caFile = join(directory.path, 'ca.crt');
  await writeFile(caFile, primary.ca);
  const startServer = () => startServerProcess({ command: postgres, data: dataDirectory, port, user });
  const { version, password, database, authority } = primary;
  const parts = { version, port, password, database, authority, caFile, dataDirectory };
  return new TestPostgres({ ...parts, libraryDirectory: lib, user, server, startServer, directory });
}
