import { randomBytes } from 'node:crypto';
import { chmod, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { ListenAddress } from '../config/profile.ts';

export interface AddressPassword {
  readonly address: ListenAddress;
  readonly secret: string;
}

const HEAD =
  '# The passwords of "gprxy start" for local_auth = "password", new ones at each start. libpq reads this as PGPASSFILE.\n';

/** Replaces the file as a whole, for its owner only (0600, in a directory of 0700). */
export async function writePasswordFile(path: string, passwords: readonly AddressPassword[]): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    await writeFile(temporary, HEAD + passwords.flatMap(entriesOf).join(''), { mode: 0o600, flag: 'wx' });
    await chmod(temporary, 0o600);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** libpq compares the host as it was written, so each way to write it has a line (PostgreSQL documentation, "The Password File"). */
function entriesOf({ address, secret }: AddressPassword): string[] {
  if ('path' in address) return [];
  return hostsOf(address.host).map((host) => `${escaped(host)}:${address.port}:*:*:${escaped(secret)}\n`);
}

function hostsOf(host: string): readonly string[] {
  const loopback = ['localhost', '127.0.0.1', '::1'];
  if (loopback.includes(host)) return loopback;
  return ['0.0.0.0', '::'].includes(host) ? ['*'] : [host];
}

function escaped(field: string): string {
  return field.replaceAll(/[\\:]/g, '\\$&');
}

/** The password that a client of `host` and `port` needs, as libpq would find it in the text of the file; undefined when none is in it. */
export function passwordIn(text: string, { host, port }: { host: string; port: number }): string | undefined {
  for (const line of text.split('\n')) {
    const fields = [...line.matchAll(/((?:\\.|[^\\:])*)(?::|$)/g)].map(([, field = '']) =>
      field.replaceAll(/\\(.)/g, '$1'),
    );
    const [entryHost, entryPort, , , secret] = fields;
    if (line.startsWith('#') || secret === undefined) continue;
    if ((entryHost === '*' || entryHost === host) && entryPort === String(port)) return secret;
  }
  return undefined;
}
