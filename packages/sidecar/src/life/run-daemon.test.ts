import { EventEmitter, once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { encodeStartupMessage, PROTOCOL_3_0 } from '@gprxy/proxy-core';
import { expect, it, onTestFinished } from 'vitest';
import { aliceTokens, collectLog, testProfile } from '../config/profile.testing.ts';
import { requestControl } from '../control/control.ts';
import { testDirectory } from '../directory.testing.ts';
import { type DaemonOptions, runDaemon } from './run-daemon.ts';
import type { Sidecar } from './sidecar.ts';

async function daemon(given: Partial<DaemonOptions> = {}) {
  const signals = new EventEmitter();
  const controlSocketPath = join(await testDirectory(), 'control.sock');
  let ready: (sidecar: Sidecar) => void = () => {};
  const started = new Promise<Sidecar>((resolve) => {
    ready = resolve;
  });
  const options: DaemonOptions = {
    profiles: [testProfile({ drainTimeoutMs: 60_000 })],
    tokenSourceFor: () => aliceTokens,
    log: collectLog().log,
    signals,
    controlSocketPath,
    onReady: ready,
    ...given,
  };
  return { signals, controlSocketPath, started, options, outcome: runDaemon(options) };
}

/** A client whose session has begun, so that a drain has somebody to wait for. */
async function waitingClient(sidecar: Sidecar) {
  const socket = connect(sidecar.listeners[0]?.port ?? 0, '127.0.0.1').on('error', () => {});
  socket.write(encodeStartupMessage(PROTOCOL_3_0, [['user', 'alice']]));
  await expect.poll(() => sidecar.status().listeners[0]?.connections).toBe(1);
  return socket;
}

/** It takes connections, and that is all. */
async function silentUpstream(): Promise<string> {
  const server = createServer((socket) => onTestFinished(() => void socket.destroy())).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return `postgresql://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

it.each(['SIGTERM', 'SIGHUP', 'SIGINT'])('drains on %s, which may be a terminal that hangs up', async (signal) => {
  const { started, signals, outcome } = await daemon({ onHangup: 'stop' });
  await started;
  signals.emit(signal, signal);
  expect(await outcome).toEqual({ kind: 'stopped', forced: 0 });
  expect(signals.eventNames()).toEqual([]);
});

it.each(['SIGTERM', 'SIGINT'])(
  'ends on %s while a profile is still being opened, and leaves no socket behind',
  async (signal) => {
    const profile = new EventEmitter();
    const asked = once(profile, 'asked');
    const tokenSourceFor = () => {
      profile.emit('asked');
      return new Promise<never>(() => {});
    };
    const { signals, outcome, controlSocketPath } = await daemon({ tokenSourceFor });
    await asked;
    expect(await requestControl(controlSocketPath, 'status')).toMatchObject({ state: 'starting' });
    signals.emit(signal, signal);
    expect(await outcome).toEqual({ kind: 'stopped', forced: 0 });
    expect(existsSync(controlSocketPath)).toBe(false);
    expect(signals.eventNames()).toEqual([]);
  },
);

it('ends on SIGTERM that came before anything was open', async () => {
  const { signals, outcome, controlSocketPath } = await daemon();
  signals.emit('SIGTERM', 'SIGTERM');
  expect(await outcome).toEqual({ kind: 'stopped', forced: 0 });
  expect(existsSync(controlSocketPath)).toBe(false);
});

it('stops while a profile is still being opened, when asked over the control socket', async () => {
  const { controlSocketPath, outcome } = await daemon({ tokenSourceFor: () => new Promise<never>(() => {}) });
  await expect.poll(() => existsSync(controlSocketPath)).toBe(true);
  await requestControl(controlSocketPath, 'stop');
  expect(await outcome).toEqual({ kind: 'stopped', forced: 0 });
  expect(existsSync(controlSocketPath)).toBe(false);
});

it('reloads on SIGHUP', async () => {
  const readProfiles = async () => ({ profiles: [testProfile({ name: 'new' })], problems: [] });
  const { started, signals } = await daemon({ readProfiles });
  const sidecar = await started;
  signals.emit('SIGHUP', 'SIGHUP');
  await expect.poll(() => sidecar.listeners.map(({ profile }) => profile)).toEqual(['new']);
  await sidecar.close();
});

it('reloads when the file has changed', async () => {
  const watchedFile = join(await testDirectory(), 'config.toml');
  await writeFile(watchedFile, 'old');
  const readProfiles = async () => ({
    profiles: [testProfile({ name: await readFile(watchedFile, 'utf8') })],
    problems: [],
  });
  const { started } = await daemon({ readProfiles, watchedFile, readAt: Date.now() });
  const sidecar = await started;
  await writeFile(watchedFile, 'new');
  await expect.poll(() => sidecar.listeners[0]?.profile).toBe('new');
  await sidecar.close();
});

it('stops when asked over the control socket', async () => {
  const { started, controlSocketPath, outcome } = await daemon();
  await started;
  await requestControl(controlSocketPath, 'stop');
  expect(await outcome).toEqual({ kind: 'stopped', forced: 0 });
});

it('ends at once on the second Ctrl-C', async () => {
  const profiles = [testProfile({ drainTimeoutMs: 60_000, upstream: await silentUpstream() })];
  const { started, signals, outcome } = await daemon({ profiles });
  await waitingClient(await started);
  signals.emit('SIGINT', 'SIGINT');
  signals.emit('SIGINT', 'SIGINT');
  expect(await outcome).toEqual({ kind: 'interrupted' });
});

it('S36 gives way to a daemon that runs already', async () => {
  const first = await daemon();
  await first.started;
  const second = await runDaemon({ ...first.options, signals: new EventEmitter() });
  expect(second).toEqual({ kind: 'already-running', pid: process.pid });
  first.signals.emit('SIGTERM', 'SIGTERM');
  await first.outcome;
});

it('does not stay when there is nothing to serve', async () => {
  const { outcome } = await daemon({ profiles: [testProfile({ upstream: 'nonsense' })] });
  expect(await outcome).toMatchObject({ kind: 'nothing-to-serve', problems: [{ profile: 'prod' }] });
});
