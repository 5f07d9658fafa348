import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { leash } from '../janitor.ts';
import type { OsUser } from './os-user.ts';

export interface ServerProcess {
  /** Everything the server has logged so far. */
  log(): string;
  /** Resolves when connections made from then on meet the new configuration. */
  reload(): Promise<void>;
  /** Immediate shutdown; `SIGINT`: a fast one, which tells the sessions 57P01. */
  stop(signal?: 'SIGQUIT' | 'SIGINT'): Promise<void>;
}

/** Runs `postgres` and resolves once it accepts connections; rejects with its log when it ends before that. */
export async function startServerProcess(options: {
  command: string;
  data: string;
  port: number;
  user: OsUser;
}): Promise<ServerProcess> {
  const child = spawn(options.command, ['-D', options.data, '-p', String(options.port)], {
    ...options.user,
    cwd: '/',
    // A standby connects by libpq, which looks for certificates at home.
    env: { ...process.env, LC_ALL: 'C', HOME: options.data },
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
  leash(child, 'QUIT');
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  await ready(child, () => log);
  return {
    log: () => log,
    // The server logs this, reads everything and only then accepts again.
    reload: async () => {
      const before = log.length;
      child.kill('SIGHUP');
      while (!log.includes('received SIGHUP', before)) await once(child.stderr, 'data');
    },
    stop: async (signal = 'SIGQUIT') => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill(signal);
      await exited;
    },
  };
}

function ready(child: ChildProcess, log: () => string): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`PostgreSQL did not start:\n${log()}`)));
    child.stderr?.on('data', () => {
      if (/database system is ready to accept (read-only )?connections/.test(log())) resolve();
    });
  });
}
