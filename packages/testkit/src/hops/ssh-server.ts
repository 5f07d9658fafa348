import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startHop, type TestHop } from './hop.ts';

const run = promisify(execFile);
const SSHD = '/usr/sbin/sshd';

export interface TestSshServer extends TestHop {
  /** The only one who may log in: whoever runs the test. */
  readonly user: string;
  /** OpenSSH text of the key that user logs in with. */
  readonly privateKey: string;
  readonly privateKeyFile: string;
  /** A line of known_hosts: `[127.0.0.1]:port ssh-ed25519 ...`. */
  readonly knownHosts: string;
  readonly knownHostsFile: string;
}

/** OpenSSH's server, for forwarding and nothing else. */
export async function startSshServer(): Promise<TestSshServer> {
  const user = userInfo().username;
  const hop = await startHop(async (port, directory) => {
    // sshd locks itself up in there, where it runs as root.
    if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true });
    await generateKey(join(directory, 'host'));
    await generateKey(join(directory, 'user'));
    const file = join(directory, 'sshd_config');
    await writeFile(file, configuration(port, directory));
    return { command: SSHD, args: ['-D', '-e', '-f', file] };
  });
  const [type, key] = (await readFile(join(hop.directory, 'host.pub'), 'utf8')).split(' ');
  const privateKeyFile = join(hop.directory, 'user');
  const knownHosts = `[127.0.0.1]:${hop.port} ${type} ${key}\n`;
  const knownHostsFile = join(hop.directory, 'known_hosts');
  await writeFile(knownHostsFile, knownHosts);
  return {
    ...hop,
    user,
    privateKeyFile,
    privateKey: await readFile(privateKeyFile, 'utf8'),
    knownHosts,
    knownHostsFile,
  };
}

async function generateKey(file: string): Promise<void> {
  await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file]);
}

function configuration(port: number, directory: string): string {
  return [
    'ListenAddress 127.0.0.1',
    `Port ${port}`,
    `HostKey ${join(directory, 'host')}`,
    `AuthorizedKeysFile ${join(directory, 'user.pub')}`,
    'PidFile none',
    'StrictModes no',
    'UsePAM no',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'PermitRootLogin yes',
    'AllowTcpForwarding yes',
    'PermitTTY no',
    '',
  ].join('\n');
}
