import { readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const PROBE = fileURLToPath(new URL('probe.cjs', import.meta.url));

/** What a process holds when it has nothing to do. */
export interface Measure {
  /** Of V8's heap and what hangs on it, after garbage collection. */
  readonly heapMiB: number;
  readonly residentMiB: number;
  /** What is of no file and not V8's: OpenSSL's, libuv's and Node's own, which no heap snapshot shows. */
  readonly nativeMiB: number;
  readonly descriptors: number;
}

/** The environment of a Node program that is to be measured; its sockets go to `directory`. */
export function measurable(directory: string): Readonly<Record<string, string>> {
  return { NODE_OPTIONS: `--require=${PROBE}`, GPRXY_SOAK_DIRECTORY: directory };
}

export async function measure(pid: number, directory: string): Promise<Measure> {
  const answer = await text(connect(join(directory, `${pid}.sock`)));
  const { heapBytes, residentBytes, v8Bytes } = JSON.parse(answer);
  return {
    heapMiB: heapBytes / (1 << 20),
    residentMiB: residentBytes / (1 << 20),
    nativeMiB: anonymousMiB(pid) - v8Bytes / (1 << 20),
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
  };
}

function anonymousMiB(pid: number): number {
  const [, kibibytes] = /^Anonymous:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')) ?? [];
  return Number(kibibytes) / 1_024;
}
