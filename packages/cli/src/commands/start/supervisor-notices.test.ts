import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { runningStatus } from '../../dependencies.testing.ts';
import { supervisorNotices } from './supervisor-notices.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const PID = 4711;

/** What is told, each as `systemd-notify` gets it. */
function supervised(env: Record<string, string>, result = async (): Promise<number> => 0) {
  const told: string[] = [];
  const notice = supervisorNotices(
    {
      env,
      runProgram: ({ args }) => {
        told.push(args.join(' '));
        return result();
      },
    },
    PID,
  );
  return { told, notice };
}

const env = { NOTIFY_SOCKET: '/run/notify' };
const status = { ...runningStatus([{ address: '127.0.0.1:5433', connections: 3 }]), problems: [] };

it('says nothing where nobody wants to know', async () => {
  const { told, notice } = supervised({ WATCHDOG_USEC: '1000000' });
  notice('ready', status);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(told).toEqual([]);
});

it('tells each phase, when a reload began on the clock that systemd goes by, and in words what it is about', async () => {
  const { told, notice } = supervised(env);
  notice('ready', status);
  notice('reloading', status);
  notice('ready', { ...status, problems: [{ message: 'port 5433 is taken' }] });
  notice('stopping', status);
  await vi.advanceTimersByTimeAsync(0);
  expect(told).toEqual([
    'READY=1 STATUS=Listening on 127.0.0.1:5433',
    expect.stringMatching(/^RELOADING=1 MONOTONIC_USEC=\d+ STATUS=Reading the configuration again$/),
    'READY=1 STATUS=Listening on 127.0.0.1:5433; something is not as configured: "gprxy status" says what',
    'STOPPING=1 STATUS=Stopping: waits for connections that are left (3)',
  ]);
});

it('shows that it is alive twice as often as it must, once it listens, also while it drains, and although a message was lost', async () => {
  const { told, notice } = supervised({ ...env, WATCHDOG_USEC: '60000000', WATCHDOG_PID: `${PID}` }, () =>
    Promise.reject(new Error('EMFILE')),
  );
  await vi.advanceTimersByTimeAsync(300_000);
  expect(told).toEqual([]);
  for (const phase of ['ready', 'reloading', 'ready', 'stopping'] as const) notice(phase, status);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(told.filter((message) => message === 'WATCHDOG=1')).toHaveLength(2);
});

it.each([{ WATCHDOG_PID: '1', WATCHDOG_USEC: '60000000' }, { WATCHDOG_USEC: 'soon' }, {}])(
  'shows nothing to a watchdog of somebody else, or to none: %j',
  async (watchdog) => {
    const { told, notice } = supervised({ ...env, ...watchdog });
    notice('ready', status);
    await vi.advanceTimersByTimeAsync(300_000);
    expect(told).toHaveLength(1);
  },
);
