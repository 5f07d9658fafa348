// The programs that tests and benchmarks use beside Node: installed where that is ours to do, named where it is not.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Debian package -> what is left out without it. */
const PACKAGES = {
  test: {
    'postgresql-client': 'psql: "gprxy psql" and the psql client tests',
    postgresql: 'pgbench, and the tests of pg_dump with a server as old as itself',
    'python3-psycopg2': 'the psycopg2 client tests',
    'python3-psycopg': 'the psycopg 3 client tests',
    'python3-asyncpg': 'the asyncpg client tests',
    'python3-sqlalchemy': 'the SQLAlchemy client tests',
    'python3-prometheus-client': 'the test that reads metrics as Prometheus does',
    'libpostgresql-jdbc-java': 'the JDBC client tests',
    'default-jdk-headless': 'the JDBC client tests',
    'gnome-keyring': 'the keychain tests',
    'dbus-daemon': 'the keychain tests',
    'libsecret-1-0': 'the keychain tests',
    'libsecret-tools': 'the keychain tests that look at every entry',
    'libglib2.0-bin': 'the keychain tests that lock the keyring',
    'python3-dbusmock': 'the tests of desktop notifications',
    'libnotify-bin': 'the tests of desktop notifications',
    pgbouncer: 'the tests with PgBouncer as the upstream',
    tinyproxy: 'the tests with an HTTP proxy before the upstream',
    microsocks: 'the tests with a SOCKS proxy before the upstream',
    'openssh-server': 'the tests with an SSH jump host before the upstream',
    gcc: "the tests of PostgreSQL 18's own OAuth, whose validator is a C module",
    'libc6-dev': "the tests of PostgreSQL 18's own OAuth",
    chromium: 'the tests of pages in a real browser',
    openssl: "the test of the certificates in the gateway's README",
    zsh: 'the completion tests of zsh',
    fish: 'the completion tests of fish',
    systemd: 'the tests of the service for systemd',
    iproute2: 'the tests of a network that changes, and of one that loses what is sent',
    procps: 'the tests that look at processes',
  },
  bench: {
    postgresql: 'pgbench: all of the relay part',
    'postgresql-client': 'psql: the bulk rows of the relay part',
    pgbouncer: 'the PgBouncer rows',
    haproxy: 'the HAProxy rows',
    stunnel4: 'the stunnel rows',
  },
};

function isMissing(name) {
  const { stdout } = spawnSync('dpkg-query', ['-W', '-f=$' + '{Status}', name], { encoding: 'utf8' });
  return !stdout?.includes('install ok installed');
}

function apt(args) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const options = ['-qq', '-o', 'DPkg::Lock::Timeout=300', '-o', 'Dpkg::Use-Pty=0'];
  return spawnSync('apt-get', [...options, ...args], { env, encoding: 'utf8', stdio: ['ignore', 'ignore', 'pipe'] });
}

/** As root on Debian: installs what is missing. Elsewhere: says what is missing, and what is left out for it. */
export function installDebianPackages(purpose, say) {
  const isDebian = existsSync('/etc/debian_version');
  const missing = Object.keys(PACKAGES[purpose]).filter((name) => !isDebian || isMissing(name));
  if (missing.length === 0) return;
  if (!isDebian || process.getuid?.() !== 0) return nameMissing(purpose, missing, isDebian, say);

  say(`Installing from Debian (once; a few minutes): ${missing.join(' ')} ...`);
  const { status, stderr } = withoutServices(() => {
    apt(['update']);
    return apt(['install', '--no-install-recommends', '-y', ...missing]);
  });
  if (status !== 0) say(`apt-get could not install them: ${stderr.trim().split('\n').at(-1)}`);
}

function nameMissing(purpose, missing, isDebian, say) {
  if (!isDebian) return say('Not Debian: tests whose programs are not on the PATH are left out, and named at the end.');
  say(`Not installed, as this is not root: ${missing.join(' ')}. Left out without them:`);
  for (const name of missing) say(`  ${name}: ${PACKAGES[purpose][name]}`);
  say(`To have them: sudo apt-get install ${missing.join(' ')}`);
}

/** Debian starts a server when it installs one, and makes a PostgreSQL cluster of its own; neither is wanted. */
function withoutServices(install) {
  const files = [
    ['/usr/sbin/policy-rc.d', '#!/bin/sh\nexit 101\n'],
    ['/etc/postgresql-common/createcluster.d/gprxy.conf', 'create_main_cluster = false\n'],
  ];
  const ours = files.filter(([path]) => !existsSync(path));
  for (const [path, text] of ours) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text, { mode: 0o755 });
  }
  try {
    return install();
  } finally {
    for (const [path] of ours) rmSync(path);
  }
}

// `sudo node scripts/debian-packages.mjs test bench`, where the tests themselves run as somebody else.
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const purpose of process.argv.slice(2))
    installDebianPackages(purpose, (line) => process.stderr.write(`${line}\n`));
}
