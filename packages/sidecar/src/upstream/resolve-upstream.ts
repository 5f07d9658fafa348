import { createSecureContext } from 'node:tls';
import {
  type Dsn,
  GprxyError,
  isVerified,
  parseDsn,
  requireRootCertificate,
  type UpstreamHosts,
  type UpstreamTarget,
  type UpstreamTls,
} from '@gprxy/proxy-core';
import type { Profile } from '../config/profile.ts';
import type { Log } from '../log/log.ts';
import { openRoute } from '../route/open-route.ts';
import { openToOthers } from './open-to-others.ts';
import { systemAuthorities } from './system-authorities.ts';

const DEFAULT_CONNECT_TIMEOUT_MS = 10_000;

/** Where a profile's connections go, ready to be dialled. */
export interface Upstream {
  readonly hosts: UpstreamHosts;
  /** Used when the client names no database. */
  readonly database?: string;
  /** Startup parameters of the DSN; the client's own come before them. */
  readonly parameters: ReadonlyMap<string, string>;
}

/**
 * Reads a profile's DSN and the files that it names. Nothing is dialled. What its connections share ends when `closed` aborts.
 * Rejects with GprxyError when the DSN could not carry a token safely, or a file is missing.
 */
export async function resolveUpstream(
  profile: Profile,
  readFile: (path: string) => Promise<string>,
  log: Log,
  closed?: AbortSignal,
): Promise<Upstream> {
  const dsn = parseDsn(profile.upstream);
  requireNothingOfOurs(dsn);
  if (profile.credential.kind !== 'password') requireSafeForTokens(dsn);
  if (dsn.tls.mode !== 'verify-full') log.warn({ profile: profile.name, sslmode: dsn.tls.mode }, weakness(dsn));
  const everyTarget = {
    tls: await resolveTls(dsn, profile, readFile),
    connectTimeoutMs: dsn.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS,
    ...(profile.via && { dial: await openRoute(profile.via, readFile, closed) }),
  };
  return {
    hosts: {
      targets: dsn.hosts.map((address): UpstreamTarget => ({ ...address, ...everyTarget })),
      targetSessionAttrs: dsn.targetSessionAttrs,
      loadBalanceHosts: dsn.loadBalanceHosts,
    },
    ...(dsn.database !== undefined && { database: dsn.database }),
    parameters: dsn.parameters,
  };
}

function requireSafeForTokens(dsn: Dsn): void {
  if (!isVerified(dsn.tls)) {
    throw unusable(
      `sslmode=${dsn.tls.mode} does not check who the upstream is, so no token is sent there`,
      'Use sslmode=verify-full, with sslrootcert=FILE if the upstream has a private authority.',
    );
  }
}

/** A password proves itself by SCRAM and is not told: without verified TLS it is used that way or not at all. */
function weakness({ tls }: Dsn): string {
  return isVerified(tls)
    ? 'the upstream may answer with any host name: sslmode=verify-full would check it'
    : 'nothing checks who the upstream is, and others may read along: sslmode=verify-full would change that';
}

function requireNothingOfOurs(dsn: Dsn): void {
  if (dsn.password !== undefined) {
    throw unusable(
      'it has a password, and none may be in the configuration',
      'Take it out of the DSN; credential = "password" with password_file = "..." names its place.',
    );
  }
  if (dsn.user !== undefined) {
    throw unusable('it names a user', 'Take it out of the DSN and set user = "..." in the profile.');
  }
}

async function resolveTls(
  { tls }: Dsn,
  { authorities = {} }: Profile,
  readFile: (path: string) => Promise<string>,
): Promise<UpstreamTls> {
  const read = async (name: string, path: string) => {
    try {
      return await readFile(path);
    } catch (cause) {
      const reason = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
      throw unusable(`${name} "${path}" cannot be read (${reason})`, `Check ${name} in "upstream".`);
    }
  };
  const files = {
    ...(tls.rootCertFile !== undefined && { ca: await read('sslrootcert', tls.rootCertFile) }),
    ...(tls.certFile !== undefined && { cert: await read('sslcert', tls.certFile) }),
    ...(tls.keyFile !== undefined && { key: await read('sslkey', tls.keyFile) }),
  };
  requireCertificate(tls.rootCertFile, files.ca);
  requireUsable(files);
  if (tls.keyFile !== undefined) await requirePrivate(tls.keyFile);
  const usesSystem = tls.mode === 'verify-full' && files.ca === undefined;
  const ca = usesSystem ? await systemAuthorities(authorities, readFile) : files.ca;
  return { mode: tls.mode, negotiation: tls.negotiation, ...files, ...(ca !== undefined && { ca }) };
}

async function requirePrivate(keyFile: string): Promise<void> {
  const mode = await openToOthers(keyFile);
  if (mode === undefined) return;
  throw unusable(`sslkey "${keyFile}" is open to other users (mode ${mode})`, `Run "chmod 600 '${keyFile}'".`);
}

function requireCertificate(path: string | undefined, pem: string | undefined): void {
  if (pem === undefined) return;
  try {
    requireRootCertificate(`sslrootcert "${path}"`, pem);
  } catch (error) {
    const { message, hint = '' } = error as GprxyError;
    throw unusable(message, hint);
  }
}

/** What OpenSSL says of a broken file quotes none of it. */
function requireUsable(files: { readonly ca?: string; readonly cert?: string; readonly key?: string }): void {
  if (files.cert === undefined && files.key === undefined) return;
  try {
    createSecureContext(files);
  } catch (cause) {
    throw unusable(
      `its certificate files cannot be used (${(cause as NodeJS.ErrnoException).code ?? 'unknown error'})`,
      'sslrootcert, sslcert and sslkey in "upstream" must be PEM files, and sslkey the key of sslcert, without a passphrase.',
    );
  }
}

function unusable(problem: string, hint: string): GprxyError {
  return new GprxyError(`the upstream cannot be used: ${problem}`, { code: 'ERR_UPSTREAM_DSN', hint });
}
