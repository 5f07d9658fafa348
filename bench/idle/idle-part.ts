import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createCertificateAuthority, freePort, temporaryDirectory } from '@gprxy/testkit';
import type { Part } from '../part.ts';
import { usageOf } from '../process-usage.ts';
import type { Program } from '../program.ts';
import type { SidecarSettings } from '../relay/sidecar-process.ts';
import type { MeasuredRow } from '../report.ts';
import { startNode } from '../start-node.ts';
import { summarize } from '../statistics.ts';
import { askOften, openSession, openSessions } from './client.ts';
import type { IdleClientsSettings } from './idle-clients.ts';
import type { LoginsServerSettings } from './logins-server.ts';

const SERVER = fileURLToPath(new URL('logins-server.ts', import.meta.url));
const SIDECAR = fileURLToPath(new URL('../relay/sidecar-process.ts', import.meta.url));
const CLIENTS = fileURLToPath(new URL('idle-clients.ts', import.meta.url));
const [ALONE, AMONG] = ['alone', 'among idle ones'];
const SIZES = [100, 1_000, 9_900];
/** So many queries are not counted: they compile the way through the sidecar, and collect the garbage of the logins before. */
const WARM_UP = 3_000;
/** A session; ten times what it takes. */
const LOGIN_TIMEOUT_MS = 100;

interface Found {
  readonly kibibytes: number;
  readonly aloneUs: number;
  readonly amongUs: number;
}

/** P4: what a session costs that does nothing, and what it costs the others. */
export const idlePart: Part = {
  name: 'idle',
  estimateSeconds: ({ rounds }) =>
    SIZES.reduce((seconds, count) => seconds + roundsOf(count, rounds) * (5 + count / 400), 0),
  async run({ smoke, rounds }, say) {
    raiseDescriptorLimit();
    const rows: MeasuredRow[] = [];
    for (const count of smoke ? [20] : SIZES) {
      const found: Found[] = [];
      for (let round = 0; round < roundsOf(count, rounds); round++) {
        say(`idle: ${count} sessions, round ${round + 1}`);
        found.push(await measure(count, smoke ? 100 : 5_000));
      }
      rows.push(...rowsOf(count, found));
    }
    const does = 'p50 of one client that asks without a pause, through the sidecar';
    const contenders = [
      { name: ALONE, does: `${does}.` },
      {
        name: AMONG,
        does: `the same with so many sessions that do nothing; memory: resident, a session (plain socket and TLS socket).`,
      },
    ];
    return { part: 'idle', baseline: ALONE, contenders, rows };
  },
};

const roundsOf = (count: number, rounds: number) => (count > 5_000 ? Math.min(rounds, 3) : rounds);

async function measure(count: number, queries: number): Promise<Found> {
  await using world = await startWorld();
  const busy = await openSession(world.port);
  // The first sessions pay for code and buffers that all of them share.
  for (const socket of await openSessions(world.port, Math.min(count, 100))) socket.destroy();
  const alone = await measureBusy(busy, queries);
  const before = residentKiB(world);
  const clients = await startClients(world.port, count);
  const among = await measureBusy(busy, queries);
  const kibibytes = (residentKiB(world) - before) / count;
  busy.destroy();
  await clients.stop();
  return { kibibytes, aloneUs: summarize(alone).median, amongUs: summarize(among).median };
}

async function measureBusy(busy: Socket, queries: number): Promise<number[]> {
  await askOften(busy, Math.min(queries, WARM_UP));
  return askOften(busy, queries);
}

const residentKiB = ({ pid }: { readonly pid: number }) => (usageOf(pid)?.residentMiB ?? Number.NaN) * 1_024;

async function startClients(sidecarPort: number, count: number): Promise<Program> {
  const settings: IdleClientsSettings = { port: await freePort(), sidecarPort, count };
  return startNode({ source: CLIENTS, settings, startTimeoutMs: 10_000 + count * LOGIN_TIMEOUT_MS });
}

async function startWorld(): Promise<AsyncDisposable & { readonly port: number; readonly pid: number }> {
  const directory = await temporaryDirectory({ prefix: 'gprxy-idle-' });
  const authority = await createCertificateAuthority('gprxy bench authority');
  const { certPem, keyPem } = await authority.issue({
    commonName: 'localhost',
    hosts: ['localhost'],
    ips: ['127.0.0.1'],
  });
  const caFile = join(directory.path, 'ca.pem');
  await writeFile(caFile, authority.certPem);
  const upstreamPort = await freePort();
  const serverSettings: LoginsServerSettings = { port: upstreamPort, certPem, keyPem };
  const server = await startNode({ source: SERVER, settings: serverSettings });
  const port = await freePort();
  const tls = new URLSearchParams({ sslmode: 'verify-full', sslrootcert: caFile });
  const upstream = `postgresql://127.0.0.1:${upstreamPort}/idle?${tls}`;
  const settings: SidecarSettings = { port, upstream, user: 'bench', token: 'not-checked', maxConnections: 20_000 };
  const sidecar = await startNode({ source: SIDECAR, settings });
  return {
    ...{ port, pid: sidecar.pid },
    async [Symbol.asyncDispose]() {
      await Promise.all([sidecar.stop(), server.stop()]);
      await directory.remove();
    },
  };
}

/** Each session takes two of the sidecar's, so that 9,900 fit into 20,000, a limit that containers have. Where it is lower, root may raise it. */
function raiseDescriptorLimit(): void {
  try {
    execFileSync('prlimit', ['--pid', String(process.pid), '--nofile=20000:20000'], { stdio: 'ignore' });
  } catch {
    // Then the size that needs it fails, and says why.
  }
}

function rowsOf(count: number, found: readonly Found[]): MeasuredRow[] {
  const idle = `${count.toLocaleString('en')} idle`;
  return [
    {
      ...{ title: `memory a session, ${idle}`, unit: 'KiB', show: 'absolute' },
      values: { [AMONG]: found.map(({ kibibytes }) => kibibytes) },
      bars: count >= 1_000 ? [{ ours: AMONG, than: AMONG, atMost: 60 }] : [],
    },
    {
      ...{ title: `p50, ${idle}`, unit: 'us', show: 'ratio' },
      values: { [ALONE]: found.map(({ aloneUs }) => aloneUs), [AMONG]: found.map(({ amongUs }) => amongUs) },
      bars: count >= 1_000 ? [{ ours: AMONG, than: ALONE, atMostTimes: 1.1 }] : [],
    },
  ];
}
