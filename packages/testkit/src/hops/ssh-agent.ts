import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { spawnProgram } from '../program.ts';
import { temporaryDirectory } from '../temporary-directory.ts';

export interface TestSshAgent extends AsyncDisposable {
  /** What `SSH_AUTH_SOCK` names. */
  readonly socket: string;
}

/** OpenSSH's agent, with the keys of these files in it. */
export async function startSshAgent(keyFiles: readonly string[]): Promise<TestSshAgent> {
  const directory = await temporaryDirectory();
  const socket = join(directory.path, 'agent');
  const agent = spawnProgram({ command: 'ssh-agent', args: ['-D', '-a', socket] });
  while (!(await listens(socket))) await pause(10);
  const env = { ...process.env, SSH_AUTH_SOCK: socket };
  for (const file of keyFiles) await promisify(execFile)('ssh-add', ['-q', file], { env });
  return {
    socket,
    async [Symbol.asyncDispose]() {
      await agent.stop('SIGKILL');
      await directory.remove();
    },
  };
}

async function listens(path: string): Promise<boolean> {
  const socket = connect(path);
  const connected = await once(socket, 'connect').then(
    () => true,
    () => false,
  );
  socket.destroy();
  return connected;
}
