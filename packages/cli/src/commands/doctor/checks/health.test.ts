import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { runningStatus } from '../../../dependencies.testing.ts';
import type { SetUp } from '../set-up.ts';
import { checkHealth } from './health.ts';

/** `health` is what the file has, `served` what the sidecar says of itself; no sidecar runs where that is left out. */
function check(health: string | undefined, served?: { readonly health?: string }) {
  const line = health === undefined ? '' : `[sidecar]\nhealth = "${health}"\n`;
  const dependencies = { env: {}, platform: 'linux', homedir: '/home/alice', readFile: async () => line };
  const status = async () => served && { ...runningStatus([{}]), ...served };
  return checkHealth({ dependencies, status } as unknown as SetUp, AbortSignal.timeout(10_000));
}

async function listening(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const answering = (code: number, body: object) =>
  listening(createServer((_, response) => response.writeHead(code).end(JSON.stringify(body))));

async function freeAddress(): Promise<string> {
  const server = createTcpServer();
  const address = await listening(server);
  server.close();
  await once(server, 'close');
  return address;
}

const reload = { verdict: 'warning', hint: 'Run "gprxy reload".' };

it('has nothing to look at where no port is configured', async () => {
  expect(await check(undefined, {})).toEqual({ verdict: 'ok', message: 'none: [sidecar] has no "health"' });
});

it('is well where the sidecar answers that it is ready', async () => {
  const health = await answering(200, { status: 'ok' });
  expect(await check(health, { health })).toEqual({ verdict: 'ok', message: `${health}, ready` });
  expect(await check('127.0.0.1:0', { health })).toMatchObject({ verdict: 'ok' });
});

it.each([
  [{ checks: [{ profile: 'dev', address: '127.0.0.1:5434', ok: false }] }, 'dev (127.0.0.1:5434)'],
  [{ checks: [{ profile: 'dev', ok: false }] }, 'dev'],
  [{ draining: true }, 'the sidecar is stopping'],
])('says what is not ready: %j', async (body, what) => {
  const health = await answering(503, body);
  const message = `${health}, not ready: ${what}`;
  expect(await check(health, { health })).toEqual({ verdict: 'warning', message, hint: 'Run "gprxy status".' });
});

it('finds that the sidecar does not answer, or something else does', async () => {
  const none = await freeAddress();
  const gone = { message: expect.stringContaining('ECONNREFUSED'), hint: 'Run "gprxy restart".', code: 'ERR_HEALTH' };
  await expect(check(none, { health: none })).rejects.toMatchObject(gone);
  const other = await answering(404, {});
  const wrong = { message: expect.stringContaining('HTTP 404'), hint: 'Run "gprxy restart".' };
  await expect(check(other, { health: other })).rejects.toMatchObject(wrong);
});

it.each([[undefined], [{}]])(
  'finds that another program has the port, whether the sidecar runs or not: %j',
  async (served) => {
    const taken = await listening(createTcpServer());
    await expect(check(taken, served)).rejects.toMatchObject({
      message: expect.stringMatching(/^port \d+ is in use by /),
      hint: expect.stringMatching(/^Stop it, or choose another port in "health" of \[sidecar\].*gprxy reload/),
      code: 'ERR_CONFIG_LISTEN',
    });
  },
);

it('knows a sidecar that has not read the file since', async () => {
  const [wanted, served] = [await freeAddress(), await answering(200, {})];
  expect(await check(wanted, {})).toMatchObject({ ...reload, message: 'the sidecar runs without it' });
  expect(await check(wanted, { health: served })).toMatchObject({
    ...reload,
    message: `it is at ${served}, no longer where the file says`,
  });
  expect(await check(undefined, { health: served })).toMatchObject({
    ...reload,
    message: `${served} is no longer wanted`,
  });
});

it('is well where the port is free and no sidecar runs', async () => {
  const wanted = await freeAddress();
  const message = `${wanted.split(':')[1]}, once the sidecar runs`;
  expect(await check(wanted)).toEqual({ verdict: 'ok', message });
  expect(await check('localhost:0')).toEqual({ verdict: 'ok', message: 'a free port, once the sidecar runs' });
});

it('leaves it to the check of the file that the port is for this machine only', async () => {
  await expect(check('0.0.0.0:9187')).rejects.toThrow('"0.0.0.0" can be reached from other machines');
});
