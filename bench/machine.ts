import { execFileSync } from 'node:child_process';
import { arch, availableParallelism, cpus, release, totalmem, type } from 'node:os';

/** What somebody needs to know to compare figures of two machines, or of two days. */
export function describeMachine() {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()} ${arch()}`,
    node: process.versions.node,
    openssl: process.versions.openssl,
    programs: {
      pgbench: firstLine('pgbench', '--version'),
      pgbouncer: firstLine('pgbouncer', '--version'),
      haproxy: firstLine('haproxy', '-v'),
      stunnel: firstLine('dpkg-query', '-W', 'stunnel4'),
    },
  };
}

function firstLine(command: string, ...args: string[]): string | undefined {
  try {
    const output = execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    return output.split('\n')[0]?.trim();
  } catch {
    return undefined;
  }
}
