import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { leash } from '@gprxy/testkit';
import type { Endpoint, Environment } from '../contender.ts';
import { runClient } from '../program.ts';
import type { BenchServer } from '../server.ts';
import { runScript } from './pgbench.ts';

const ROW_BYTES = 8_192;
const COLUMNS = 16;
const STALL_MS = 500;

/** One size of transfer: rows that cost the server next to nothing, so that what carries them is what is measured. */
export interface Bulk {
  readonly mebibytes: number;
  copyOut(endpoint: Endpoint): Promise<number>;
  copyIn(endpoint: Endpoint): Promise<number>;
  selectWide(endpoint: Endpoint): Promise<number>;
  /** A client that asks for everything and reads nothing. */
  stall(endpoint: Endpoint): Promise<void>;
}

/** Prepares data for `mebibytes`; all its figures are MB/s of row data, the mean of `times` transfers on one connection. */
export async function prepareBulk(
  { directory }: BenchServer,
  environment: Environment,
  { mebibytes, times }: { mebibytes: number; times: number },
): Promise<Bulk> {
  const rows = (mebibytes * 2 ** 20) / ROW_BYTES;
  const query = `SELECT repeat('x', ${ROW_BYTES}) FROM generate_series(1, ${rows})`;
  const column = `repeat('x', ${ROW_BYTES / COLUMNS})`;
  const columns = Array.from({ length: COLUMNS }, (_, index) => `${column} AS c${index}`).join(', ');
  const data = join(directory, `bulk-${mebibytes}.copy`);
  const script = join(directory, `wide-${mebibytes}.sql`);
  await writeFile(script, `SELECT ${columns} FROM generate_series(1, ${rows});\n`);
  await runClient('psql', ['-Xqc', 'CREATE TABLE IF NOT EXISTS sink (filler text)'], environment);
  await runClient('psql', ['-Xqc', `\\copy (${query}) to '${data}' (format binary)`], environment);
  const rate = (totalMs: number, transfers: number) => (mebibytes * 1.048_576 * transfers) / (totalMs / 1_000);
  const timed = async (command: string, endpoint: Endpoint) =>
    rate(await timedTotal(command, times, endpoint.environment), times);
  return {
    mebibytes,
    copyOut: (endpoint) => timed(`\\copy (${query}) to '/dev/null' (format binary)`, endpoint),
    // Rows are read and dropped: writing them would be most of the time.
    copyIn: (endpoint) => timed(`\\copy sink from '${data}' with (format binary) where false`, endpoint),
    selectWide: async ({ environment }) => rate(await runScript(environment, script, times), 1),
    stall: ({ environment }) => stall(`COPY (${query}) TO STDOUT (FORMAT binary)`, environment),
  };
}

/** Runs `command` in psql `times` times on one connection; the sum of what its \timing says, in ms. */
async function timedTotal(command: string, times: number, environment: Environment): Promise<number> {
  const commands = ['\\timing on', ...Array<string>(times).fill(command)].flatMap((text) => ['-c', text]);
  const output = await runClient('psql', ['-Xq', '-v', 'ON_ERROR_STOP=1', ...commands], environment);
  const found = [...output.matchAll(/^Time: ([\d.]+) ms/gm)].map((match) => Number(match[1]));
  if (found.length !== times) throw new Error(`psql timed ${found.length} of ${times} transfers:\n${output}`);
  return found.reduce((sum, time) => sum + time, 0);
}

/** Nobody reads psql's output, so it stops reading from the server. */
async function stall(sql: string, environment: Environment): Promise<void> {
  const env = { ...process.env, ...environment };
  const psql = leash(spawn('psql', ['-Xqc', sql], { env, stdio: ['ignore', 'pipe', 'ignore'] }));
  await sleep(STALL_MS);
  const exited = once(psql, 'exit');
  psql.kill('SIGKILL');
  psql.stdout.destroy();
  await exited;
}
