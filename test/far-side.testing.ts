import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { leash } from '@gprxy/testkit';

/** Nobody has it: what is sent there is lost, as on a route that leads nowhere. */
const NOBODY = '02:00:00:00:00:99';

/** Runs beyond the network: each address of it leads to the same place, by a file that both sides see. */
const FORWARDER = `
const { connect, createServer } = require('node:net');
const [socketPath, port, ...addresses] = process.argv.slice(1);
let left = addresses.length;
for (const address of addresses) {
  createServer({ allowHalfOpen: true }, (socket) => {
    const there = connect({ path: socketPath, allowHalfOpen: true }).on('error', () => socket.destroy());
    socket.on('error', () => there.destroy()).pipe(there).pipe(socket);
  }).listen(Number(port), address, () => --left === 0 && console.log('listening'));
}`;

/** A machine of its own beyond a real network (a namespace and a pair of virtual cards), where addresses can stop to answer without a word. */
export interface FarSide extends AsyncDisposable {
  /** Each leads to the port that it was made for. */
  readonly addresses: readonly [string, string];
  readonly port: number;
  /** How many connections there have sent what was not acknowledged yet: they would send it again, and show that they live. */
  unacknowledged(): number;
  /** From now on whatever is sent to the address is lost, and nobody says so. */
  cut(address: string): void;
  mend(address: string): void;
}

const ip = (line: string) => execFileSync('ip', line.split(' '), { stdio: ['ignore', 'ignore', 'pipe'] });

/** Undefined where networks may not be made: it takes root, and a kernel with namespaces. */
export async function startFarSide(to: number): Promise<FarSide | undefined> {
  const id = process.pid % 60_000;
  const net = `10.${214 + (id % 20)}.${Math.floor(id / 20) % 250}`;
  const [space, near, far] = [`gprxy-${id}`, `gprxyn${id}`, `gprxyf${id}`];
  const addresses = [`${net}.2`, `${net}.3`] as const;
  try {
    ip(`netns add ${space}`);
    ip(`link add ${near} type veth peer name ${far} netns ${space}`);
    ip(`addr add ${net}.1/24 dev ${near}`);
    ip(`link set ${near} up`);
    for (const address of addresses) ip(`-n ${space} addr add ${address}/24 dev ${far}`);
    ip(`-n ${space} link set ${far} up`);
  } catch {
    takeDown(space);
    return undefined;
  }
  const directory = await mkdtemp(join(tmpdir(), 'gprxy-far-'));
  const here = createServer({ allowHalfOpen: true }, (socket) => {
    const there = connect({ port: to, host: '127.0.0.1', allowHalfOpen: true }).on('error', () => socket.destroy());
    socket
      .on('error', () => there.destroy())
      .pipe(there)
      .pipe(socket);
  }).listen(join(directory, 's'));
  const port = 5432;
  const forwarder = await startForwarder([
    space,
    process.execPath,
    '-e',
    FORWARDER,
    join(directory, 's'),
    `${port}`,
    ...addresses,
  ]);
  return {
    addresses,
    port,
    unacknowledged: () =>
      readFileSync(`/proc/${forwarder.pid}/net/tcp`, 'latin1').match(/ 01 (?!00000000:)[0-9A-F]{8}:/g)?.length ?? 0,
    cut: (address) => void ip(`neigh replace ${address} lladdr ${NOBODY} dev ${near} nud permanent`),
    mend: (address) => void ip(`neigh del ${address} dev ${near}`),
    async [Symbol.asyncDispose]() {
      forwarder.kill('SIGKILL');
      here.close();
      takeDown(space);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function startForwarder(args: readonly string[]): Promise<ChildProcess> {
  const child = leash(spawn('ip', ['netns', 'exec', ...args], { stdio: ['ignore', 'pipe', 'inherit'] }));
  await once(child.stdout as NodeJS.ReadableStream, 'data');
  return child;
}

/** The cards go with the namespace. */
function takeDown(space: string): void {
  try {
    ip(`netns del ${space}`);
  } catch {
    // There is none.
  }
}
