import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { startPostgres, type TestPostgres } from '@gprxy/testkit';
import pg from 'pg';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { CANARY, startTestSidecar } from './sidecar.testing.ts';

const PROCESSES = 5;
const SOCKETS = 2_000;
const NOBODY = 65_534;

/** Opens sockets that never say a word, 500 a second; tells when all are open, and for how long the one that lasted longest was. */
const SILENT = `
const { connect } = require('node:net');
const [, port, count] = process.argv.map(Number);
let opened = 0, closed = 0, longestMs = 0;
const open = () => {
  const socket = connect(port, '127.0.0.1').resume().on('error', () => {});
  let at;
  socket.on('connect', () => { at = performance.now(); });
  socket.on('connect', isOpen).on('close', () => {
    if (at === undefined) isOpen();
    else longestMs = Math.max(longestMs, performance.now() - at);
    if (++closed === count) console.log(longestMs);
  });
};
function isOpen() { if (++opened === count) console.log('open'); }
let asked = 0;
const ticks = setInterval(() => {
  for (const batch = asked + 50; asked < batch; asked++) open();
  if (asked >= count) clearInterval(ticks);
}, 100);
`;

let postgres: TestPostgres;
beforeAll(async () => {
  const hba = 'hostssl all postgres 127.0.0.1/32 scram-sha-256\nhostssl all all 127.0.0.1/32 password\n';
  postgres = await startPostgres({ version: 18, database: 'sales', hba });
  await postgres.query(`CREATE ROLE "alice@corp.example" LOGIN PASSWORD '${CANARY}'`);
});
afterAll(() => postgres.stop());

async function startSilent(port: number) {
  const identity = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
  const args = ['-e', SILENT, String(port), String(SOCKETS)];
  const child = spawn(process.execPath, args, { ...identity, cwd: '/', env: {}, stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill());
  const lines = createInterface(child.stdout);
  const [opened] = await once(lines, 'line');
  expect(opened).toBe('open');
  return once(lines, 'line').then(([longestMs]) => Number(longestMs));
}

async function loginMs(port: number): Promise<number> {
  const startedAt = performance.now();
  const client = new pg.Client({ host: '127.0.0.1', port, user: 'any', database: 'sales' });
  await client.connect();
  const elapsedMs = performance.now() - startedAt;
  await client.end();
  return elapsedMs;
}

it('S26 10,000 sockets that stay silent are closed within 10 s, and keep nobody out meanwhile', async () => {
  const upstream = `postgresql://localhost:${postgres.port}?sslrootcert=${postgres.caFile}&connect_timeout=5`;
  const { port, sidecar } = await startTestSidecar({ upstream, maxConnections: 10 });
  const silent = Promise.all(Array.from({ length: PROCESSES }, () => startSilent(port)));
  const logins: number[] = [];
  let over = false;
  void silent
    .then((endings) => Promise.all(endings))
    .finally(() => {
      over = true;
    });
  while (!over || logins.length <= 20) logins.push(await loginMs(port));
  expect(Math.max(...(await silent))).toBeLessThan(10_000);
  logins.sort((one, other) => one - other);
  expect(logins.length).toBeGreaterThan(20);
  expect(logins[Math.floor(logins.length * 0.99)]).toBeLessThan(1_000);
  await expect.poll(() => sidecar.status().listeners[0]?.connections).toBe(0);
}, 120_000);
