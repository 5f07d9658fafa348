import { createReadStream } from 'node:fs';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { createProcPeerLookup } from '@gprxy/sidecar';

/** Who listens on a TCP port, as far as the system tells: Linux names the user, and the process where it is ours. */
export async function listenerOn(port: number): Promise<string> {
  const table = await listeningSockets(port);
  const pid = await processWith(table);
  if (pid !== undefined) return `process ${pid} (${await nameOf(pid)})`;
  const uid = await createProcPeerLookup((path) => createReadStream(path, 'utf8')).uidListeningOn(port);
  return uid === undefined ? 'another program' : `a program of OS user ${uid}`;
}

/** `socket:[inode]` of each, as the links in /proc/PID/fd have it (Linux, Documentation/networking/proc_net_tcp.rst). */
async function listeningSockets(port: number): Promise<ReadonlySet<string>> {
  const tables = await Promise.all(
    ['tcp', 'tcp6'].map((name) => readFile(`/proc/net/${name}`, 'utf8').catch(() => '')),
  );
  const hexPort = port.toString(16).toUpperCase().padStart(4, '0');
  const entries = tables.flatMap((table) => table.split('\n').map((line) => line.trim().split(/\s+/)));
  const listening = entries.filter(([, local, , state]) => local?.endsWith(`:${hexPort}`) && state === '0A');
  return new Set(listening.map((entry) => `socket:[${entry[9]}]`));
}

/** Only our own processes let us look; root's see everything. */
async function processWith(sockets: ReadonlySet<string>): Promise<string | undefined> {
  const entries = await readdir('/proc').catch(() => []);
  for (const pid of entries.filter((name) => /^\d+$/.test(name))) {
    const files = await readdir(`/proc/${pid}/fd`).catch(() => []);
    const links = await Promise.all(files.map((file) => readlink(`/proc/${pid}/fd/${file}`).catch(() => '')));
    if (links.some((link) => sockets.has(link))) return pid;
  }
  return undefined;
}

/** The name of the program only: its arguments may hold secrets. */
async function nameOf(pid: string): Promise<string> {
  return (await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => 'unknown')).trim();
}
