import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { DEBIAN_POSTGRES } from './postgres/binaries.ts';

const JDBC_DRIVER = '/usr/share/java/postgresql.jar';
/** Debian's, not whatever else is called python3 here: psycopg2 comes with it. */
const DEBIAN_PYTHON = '/usr/bin/python3';
const CHROMIUM = '/usr/bin/chromium';

/**
 * Which of the programs that tests drive, and that npm does not bring, are on this machine:
 * `describe.runIf(has.psql)(...)`. What is missing leaves tests out, which the test command reports and CI refuses.
 */
export const has = {
  get psql(): boolean {
    return isOnPath('psql');
  },
  get pgbench(): boolean {
    return isOnPath('pgbench');
  },
  /** The server, with pg_basebackup, pg_dump and pg_recvlogical of the same version. */
  get postgres15(): boolean {
    return isExecutable(`${DEBIAN_POSTGRES}/bin/postgres`) && isExecutable(`${DEBIAN_POSTGRES}/bin/pg_basebackup`);
  },
  get pgbouncer(): boolean {
    return isOnPath('pgbouncer') || isExecutable('/usr/sbin/pgbouncer');
  },
  get zsh(): boolean {
    return isOnPath('zsh');
  },
  get fish(): boolean {
    return isOnPath('fish');
  },
  /** The command, with a bash that knows `<(...)`. */
  get openssl(): boolean {
    return process.platform === 'linux' && isOnPath('openssl') && isOnPath('bash');
  },
  /** `script` of util-linux, which gives a program a terminal; that of macOS takes other options. */
  get terminal(): boolean {
    return process.platform === 'linux' && isOnPath('script') && isOnPath('bash');
  },
  get psycopg2(): boolean {
    return canImport('psycopg2');
  },
  get psycopg3(): boolean {
    return canImport('psycopg');
  },
  get asyncpg(): boolean {
    return canImport('asyncpg');
  },
  get sqlalchemy(): boolean {
    return canImport('sqlalchemy', 'psycopg2', 'asyncpg');
  },
  /** Prometheus' own client, which has a parser of its text format. */
  get prometheusClient(): boolean {
    return canImport('prometheus_client');
  },
  /** For a validator module of PostgreSQL 18's OAuth. */
  get gcc(): boolean {
    return process.platform === 'linux' && isOnPath('gcc');
  },
  get jdbc(): boolean {
    return isOnPath('java') && isOnPath('javac') && existsSync(JDBC_DRIVER);
  },
  get chromium(): boolean {
    return isExecutable(CHROMIUM);
  },
  get keyring(): boolean {
    return ['dbus-run-session', 'gnome-keyring-daemon', 'gdbus'].every(isOnPath);
  },
  get notifications(): boolean {
    const programs = ['dbus-run-session', 'notify-send', 'gdbus'].every(isOnPath);
    return programs && spawnSync(DEBIAN_PYTHON, ['-c', 'import dbusmock']).status === 0;
  },
  get systemd(): boolean {
    return isOnPath('systemd-analyze') && isOnPath('systemd-notify');
  },
  get httpProxy(): boolean {
    return isOnPath('tinyproxy');
  },
  get socksProxy(): boolean {
    return isOnPath('microsocks');
  },
  get sshServer(): boolean {
    return isExecutable('/usr/sbin/sshd') && isOnPath('ssh-keygen');
  },
};

export const programs = {
  python: DEBIAN_PYTHON,
  jdbcDriver: JDBC_DRIVER,
  chromium: CHROMIUM,
  postgres15: `${DEBIAN_POSTGRES}/bin`,
} as const;

function canImport(...modules: string[]): boolean {
  return existsSync(DEBIAN_PYTHON) && spawnSync(DEBIAN_PYTHON, ['-c', `import ${modules.join(', ')}`]).status === 0;
}

function isOnPath(program: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((directory) => isExecutable(join(directory, program)));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
