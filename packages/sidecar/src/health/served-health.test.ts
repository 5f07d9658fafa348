import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { aliceTokens, collectLog, testProfile } from '../config/profile.testing.ts';
import type { SidecarSettings } from '../config/sidecar-settings.ts';
import { requestControl } from '../control/control.ts';
import { testDirectory } from '../directory.testing.ts';
import { startSidecar } from '../life/start-sidecar.ts';

const anywhere = { health: { host: 'localhost', port: 0 } };

async function start(settings: SidecarSettings) {
  const profiles = [testProfile()];
  const file: { sidecar: SidecarSettings } = { sidecar: settings };
  const controlSocketPath = join(await testDirectory(), 'control.sock');
  const sidecar = await startSidecar({
    ...{ profiles, controlSocketPath, sidecar: settings },
    readProfiles: async () => ({ profiles, problems: [], ...file }),
    tokenSourceFor: () => aliceTokens,
    log: collectLog().log,
  });
  onTestFinished(async () => void (await sidecar.close('test is over', { drainTimeoutMs: 0 })));
  const ask = (path: string) => fetch(`http://${sidecar.status().health}${path}`);
  return { sidecar, file, ask, controlSocketPath };
}

async function takenPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

it('is off unless the configuration says where it is', async () => {
  expect((await start({})).sidecar.status()).not.toHaveProperty('health');
});

it('says that the sidecar is ready, and what it does', async () => {
  const { ask, sidecar, controlSocketPath } = await start(anywhere);
  expect(sidecar.status().health).toMatch(/^127\.0\.0\.1:\d+$/);
  expect((await ask('/readiness')).status).toBe(200);
  const metrics = await (await ask('/metrics')).text();
  expect(metrics).toContain('\ngprxy_ready 1\n');
  expect((await requestControl(controlSocketPath, 'metrics')).text).toContain('\ngprxy_ready 1\n');
});

it('comes, stays and goes with a reload', async () => {
  const { ask, sidecar, file } = await start({});
  file.sidecar = anywhere;
  await sidecar.reload('test');
  const { health } = sidecar.status();
  await sidecar.reload('test');
  expect(sidecar.status().health).toBe(health);
  expect((await ask('/liveness')).status).toBe(200);
  file.sidecar = {};
  await sidecar.reload('test');
  expect(sidecar.status()).not.toHaveProperty('health');
  await expect(fetch(`http://${health}/liveness`)).rejects.toThrow();
});

it('that cannot be served is a problem, and the profiles are served all the same', async () => {
  const port = await takenPort();
  const { sidecar, file } = await start({ health: { host: '127.0.0.1', port } });
  const { listeners, problems } = sidecar.status();
  expect(listeners).toMatchObject([{ state: 'listening' }]);
  expect(problems).toEqual([
    {
      message: `health cannot be served on 127.0.0.1:${port}: the port is taken`,
      hint: 'Choose another port in "health" of [sidecar].',
    },
  ]);
  file.sidecar = anywhere;
  expect((await sidecar.reload('test')).problems).toEqual([]);
});

it('ends with the sidecar', async () => {
  const { ask, sidecar } = await start(anywhere);
  const { health } = sidecar.status();
  expect((await ask('/startup')).status).toBe(200);
  await sidecar.close();
  await expect(fetch(`http://${health}/startup`)).rejects.toThrow();
});
