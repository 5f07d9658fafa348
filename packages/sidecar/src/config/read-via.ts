import { join } from 'node:path';
import { parseRoute } from '../route/route.ts';
import type { Profile } from './profile.ts';
import type { ProfileTable } from './profile-schema.ts';
import { fileNextTo, KeyProblem } from './read-credential.ts';

interface Place {
  readonly path: string;
  readonly homedir: string;
  readonly sshAgent?: string;
}

/** `via` of `[profiles.NAME]`, and the keys that belong to it. Throws KeyProblem. */
export function readVia(table: ProfileTable, place: Place): Pick<Profile, 'via'> {
  if (table.via === undefined)
    return requireNoneOf(table, ['via_password_file', 'ssh_key_file', 'ssh_known_hosts_file']);
  const { kind, hop } = parse(table.via);
  if (kind === 'ssh') requireNoneOf(table, ['via_password_file']);
  else requireNoneOf(table, ['ssh_key_file', 'ssh_known_hosts_file']);
  if (kind === 'ssh' && hop.user === undefined)
    throw new KeyProblem('via', 'names no user: write "ssh://me@jump.example"');
  const file = (name: string) => fileNextTo(place.path, name, place.homedir);
  return {
    via: {
      kind,
      hop,
      knownHostsFiles: table.ssh_known_hosts_file ? [file(table.ssh_known_hosts_file)] : knownHostsFiles(place),
      ...(table.via_password_file !== undefined && { passwordFile: file(table.via_password_file) }),
      ...(table.ssh_key_file !== undefined && { sshKeyFile: file(table.ssh_key_file) }),
      ...(kind === 'ssh' && place.sshAgent !== undefined && { sshAgent: place.sshAgent }),
    },
  };
}

/** OpenSSH's own (ssh_config(5), UserKnownHostsFile and GlobalKnownHostsFile). */
function knownHostsFiles({ homedir }: Place): readonly string[] {
  return [join(homedir, '.ssh', 'known_hosts'), '/etc/ssh/ssh_known_hosts'];
}

function parse(via: string): ReturnType<typeof parseRoute> {
  try {
    return parseRoute(via);
  } catch (error) {
    throw new KeyProblem('via', (error as Error).message.replace('"via" ', ''));
  }
}

type KeyOfVia = 'via_password_file' | 'ssh_key_file' | 'ssh_known_hosts_file';

function requireNoneOf(table: ProfileTable, keys: readonly KeyOfVia[]): Record<string, never> {
  const key = keys.find((each) => table[each] !== undefined);
  if (key === undefined) return {};
  throw new KeyProblem(
    key,
    table.via === undefined ? 'needs "via"' : `has no meaning with via = "${schemeOf(table.via)}..."`,
  );
}

function schemeOf(via: string): string {
  return via.slice(0, via.indexOf('://') + 3);
}
