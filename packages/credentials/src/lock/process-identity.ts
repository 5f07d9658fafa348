import { readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { promisify } from 'node:util';

/** Names one process, also after it ended and its pid was given to another. */
export interface ProcessIdentity {
  host: string;
  pid: number;
  /** When it started, in the platform's own notation; only ever compared for equality. */
  startedAt?: string;
  /** Linux: changes with every boot. */
  boot?: string;
  /** Linux: pids mean something only within their namespace (containers sharing a home directory). */
  namespace?: string;
}

/** `unknown`: it runs elsewhere, or the platform does not tell. */
export type Liveness = 'alive' | 'dead' | 'unknown';

let thisProcess: Promise<ProcessIdentity> | undefined;

export function identifyThisProcess(): Promise<ProcessIdentity> {
  thisProcess ??= lookUpThisProcess();
  return thisProcess;
}

async function lookUpThisProcess(): Promise<ProcessIdentity> {
  const [startedAt, boot, namespace] = await Promise.all([
    startTimeOf(process.pid),
    readFile('/proc/sys/kernel/random/boot_id', 'utf8').then(trimmed, nothing),
    readlink('/proc/self/ns/pid').then(trimmed, nothing),
  ]);
  return {
    host: hostname(),
    pid: process.pid,
    ...(startedAt !== undefined && { startedAt }),
    ...(boot !== undefined && { boot }),
    ...(namespace !== undefined && { namespace }),
  };
}

export async function livenessOf(other: ProcessIdentity, here: ProcessIdentity): Promise<Liveness> {
  if (other.host !== here.host) return 'unknown';
  if (other.boot !== here.boot) return 'dead';
  if (other.namespace !== here.namespace) return 'unknown';
  if (!pidExists(other.pid)) return 'dead';
  if (other.startedAt === undefined) return 'unknown';
  const startedAt = await startTimeOf(other.pid);
  if (startedAt === undefined) return pidExists(other.pid) ? 'unknown' : 'dead';
  return startedAt === other.startedAt ? 'alive' : 'dead';
}

/** Whether a process was stopped, as by Ctrl-Z: it lives, and does nothing. Linux only; elsewhere it is not asked. */
export async function isStopped({ pid }: ProcessIdentity): Promise<boolean> {
  if (process.platform !== 'linux') return false;
  return /^[Tt]$/.test((await linuxStatus(pid))[0] ?? '');
}

function pidExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function startTimeOf(pid: number): Promise<string | undefined> {
  if (process.platform === 'linux') return linuxStartTime(pid);
  if (process.platform === 'win32') return undefined;
  const { execFile } = await import('node:child_process');
  const ps = promisify(execFile)('ps', ['-o', 'lstart=', '-p', String(pid)], { timeout: 2_000 });
  return ps.then(({ stdout }) => trimmed(stdout) || undefined, nothing);
}

/** Field 22 of /proc/PID/stat, in clock ticks since boot. The command, field 2, may hold spaces and parentheses. */
async function linuxStartTime(pid: number): Promise<string | undefined> {
  const fields = await linuxStatus(pid);
  // A zombie holds nothing any more; it only waits for its parent to look.
  return fields[0] === 'Z' || fields[0] === 'X' ? 'ended' : fields[19];
}

/** The fields of /proc/PID/stat from the third, the state, onwards. */
async function linuxStatus(pid: number): Promise<readonly string[]> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(nothing);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ') ?? [];
}

function trimmed(text: string): string {
  return text.trim();
}

function nothing(): undefined {
  return undefined;
}
