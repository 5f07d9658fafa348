import { execFileSync } from 'node:child_process';

/** The process of the keyring daemon on this session bus. */
export function keyringPid(env: Readonly<Record<string, string | undefined>>): number {
  const method = 'org.freedesktop.DBus.GetConnectionUnixProcessID';
  const args = ['call', '--session', '--dest', 'org.freedesktop.DBus', '--object-path', '/', '--method', method];
  const answer = execFileSync('gdbus', [...args, 'org.freedesktop.secrets'], { env, encoding: 'utf8' });
  return Number(/uint32 (\d+)/.exec(answer)?.[1]);
}
