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
      return httpProxyRoute({
        ...hop,
        ...(await passwordOf(settings.passwordFile, readFile)),
        encrypted: kind === 'https',
      });
    case 'socks5':
      return socksProxyRoute({ ...hop, ...(await passwordOf(settings.passwordFile, readFile)) });
    case 'ssh':
      return sshJumpRoute({
        ...hop,
        user: hop.user ?? '',
        ...(settings.sshAgent !== undefined && { agent: settings.sshAgent }),
        ...(settings.sshKeyFile !== undefined && {
          privateKey: await readNamed('ssh_key_file', settings.sshKeyFile, readFile),
        }),
        // Read at each login there: somebody may just have accepted the key with ssh.
        knownHosts: () => readAll(settings.knownHostsFiles, readFile),
        ...(closed && { closed }),
      });
  }
}

async function passwordOf(file: string | undefined, readFile: ReadFile): Promise<{ password?: string }> {
  if (file === undefined) return {};
  return { password: (await readNamed('via_password_file', file, readFile)).replace(/\r?\n$/, '') };
}

async function readNamed(key: string, path: string, readFile: ReadFile): Promise<string> {
  try {
    return await readFile(path);
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
    const hint = `Check ${key} in the profile.`;
    throw new GprxyError(`${key} "${path}" cannot be read (${reason})`, { code: 'ERR_ROUTE', hint });
  }
}

async function readAll(paths: readonly string[], readFile: ReadFile): Promise<string> {
  const texts = await Promise.all(paths.map((path) => readFile(path).catch(() => '')));
  return texts.join('\n');
}
