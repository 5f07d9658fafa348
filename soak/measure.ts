import { readdirSync } from 'node:fs';
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
  readonly descriptors: number;
}

/** The environment of a Node program that is to be measured; its sockets go to `directory`. */
export function measurable(directory: string): Readonly<Record<string, string>> {
  return { NODE_OPTIONS: `--require=${PROBE}`, GPRXY_SOAK_DIRECTORY: directory };
}

export async function measure(pid: number, directory: string): Promise<Measure> {
  const answer = await text(connect(join(directory, `${pid}.sock`)));
  const { heapBytes, residentBytes } = JSON.parse(answer);
  return {
    heapMiB: heapBytes / (1 << 20),
    residentMiB: residentBytes / (1 << 20),
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
  };
}
