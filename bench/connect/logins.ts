import { readFileSync } from 'node:fs';
import pg from 'pg';
import type { Endpoint } from '../contender.ts';
import type { Figures } from '../interleave.ts';

/** Opens connections one after the other: milliseconds from the first packet to the answer of the first query. */
export async function timeLogins(endpoint: Endpoint, times: number): Promise<Figures> {
  const took: number[] = [];
  for (let login = 0; login < times; login++) {
    await endpoint.ready?.();
    const startedAt = performance.now();
    const client = await logIn(endpoint);
    took.push(performance.now() - startedAt);
    await client.end();
  }
  took.sort((a, b) => a - b);
  const at = (share: number) => took[Math.ceil(took.length * share) - 1] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99) };
}

/** So many clients that do nothing but log in, ask once and leave: logins a second. */
export async function countLogins(endpoint: Endpoint, clients: number, seconds: number): Promise<Figures> {
  const startedAt = performance.now();
  const over = startedAt + seconds * 1_000;
  let count = 0;
  const one = async () => {
    while (performance.now() < over) {
      await (await logIn(endpoint)).end();
      count += 1;
    }
  };
  await Promise.all(Array.from({ length: clients }, one));
  return { logins: count / ((performance.now() - startedAt) / 1_000) };
}

async function logIn({ environment }: Endpoint): Promise<pg.Client> {
  const { PGHOST, PGPORT, PGUSER, PGPASSWORD, PGDATABASE, PGSSLMODE, PGSSLROOTCERT } = environment;
  const client = new pg.Client({
    host: PGHOST,
    port: Number(PGPORT),
    user: PGUSER,
    password: PGPASSWORD,
    database: PGDATABASE,
    ssl: PGSSLMODE === 'verify-full' && { ca: certificates(PGSSLROOTCERT ?? '') },
  });
  await client.connect();
  await client.query('SELECT 1');
  return client;
}

const read = new Map<string, string>();
function certificates(file: string): string {
  const text = read.get(file) ?? readFileSync(file, 'utf8');
  read.set(file, text);
  return text;
}
