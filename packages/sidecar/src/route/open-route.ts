import { CredentialError, readSecretFile } from '@gprxy/credentials';
import { type Dial, GprxyError } from '@gprxy/proxy-core';
import { httpProxyRoute } from './http-proxy.ts';
import type { Hop, Route, RouteKind } from './route.ts';
import { socksProxyRoute } from './socks-proxy.ts';
import { sshJumpRoute } from './ssh-jump.ts';

/** `via` of a profile, and the keys that go with it. */
export interface RouteSettings {
  readonly kind: RouteKind;
  readonly hop: Hop;
  /** Of the user at an HTTP or SOCKS proxy. */
  readonly passwordFile?: string;
  readonly sshKeyFile?: string;
  /** Path of the SSH agent's socket. */
  readonly sshAgent?: string;
  readonly knownHostsFiles: readonly string[];
}

type ReadFile = (path: string) => Promise<string>;

/**
 * Reads what the settings name; nothing is dialled yet. What connections share ends when `closed` aborts.
 * Rejects with GprxyError, ERR_ROUTE.
 */
export async function openRoute(settings: RouteSettings, readFile: ReadFile, closed?: AbortSignal): Promise<Dial> {
  return (await routeOf(settings, readFile, closed)).dial;
}

async function routeOf(
  { kind, hop, ...settings }: RouteSettings,
  readFile: ReadFile,
  closed: AbortSignal | undefined,
): Promise<Route> {
  switch (kind) {
    case 'http':
    case 'https':
      return httpProxyRoute({ ...hop, ...(await passwordOf(settings.passwordFile)), encrypted: kind === 'https' });
    case 'socks5':
      return socksProxyRoute({ ...hop, ...(await passwordOf(settings.passwordFile)) });
    case 'ssh':
      return sshJumpRoute({
        ...hop,
        user: hop.user ?? '',
        ...(settings.sshAgent !== undefined && { agent: settings.sshAgent }),
        ...(settings.sshKeyFile !== undefined && {
          privateKey: await readSecret('ssh_key_file', settings.sshKeyFile),
        }),
        // Read at each login there: somebody may just have accepted the key with ssh.
        knownHosts: () => readAll(settings.knownHostsFiles, readFile),
        ...(closed && { closed }),
      });
  }
}

async function passwordOf(file: string | undefined): Promise<{ password?: string }> {
  if (file === undefined) return {};
  return { password: (await readSecret('via_password_file', file)).replace(/\r?\n$/, '') };
}

/** Refused where others may read it, as OpenSSH refuses keys and libpq those of TLS. */
async function readSecret(key: string, path: string): Promise<string> {
  try {
    return await readSecretFile(path, key);
  } catch (error) {
    if (!(error instanceof CredentialError)) throw error;
    const { message, hint = `Check ${key} in the profile.` } = error;
    throw new GprxyError(`${key}: ${message}`, { code: 'ERR_ROUTE', hint });
  }
}

async function readAll(paths: readonly string[], readFile: ReadFile): Promise<string> {
  const texts = await Promise.all(paths.map((path) => readFile(path).catch(() => '')));
  return texts.join('\n');
}
