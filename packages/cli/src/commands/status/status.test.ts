import { describe, expect, it } from 'vitest';
import { runInWorld, runningStatus, testNow } from '../../dependencies.testing.ts';
import { parseArguments } from '../../parse-arguments.testing.ts';

const status = runningStatus([
  { address: '127.0.0.1:5433', connections: 2, totalConnections: 17, tokenExpiresAt: testNow + 600_000 },
  {
    address: '/run/gprxy/.s.PGSQL.5432',
    lastError: { at: new Date(testNow - 5000).toISOString(), code: '08006', message: 'the gateway hung up' },
  },
]);

describe('status: arguments to options', () => {
  it.each([
    { args: [], options: {} },
    { args: ['--json'], options: { json: true } },
  ])('reads $args', async ({ args, options }) => {
    expect(await parseArguments(['status', ...args])).toEqual({ command: 'status', options });
  });
});

describe('status: options to output', () => {
  it('shows listeners, connections, token expiry and the last error', async () => {
    const { exitCode, stdout, stderr } = await runInWorld(['status'], { status });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout.split('\n')).toEqual([
      'gprxy runs as process 4711, started 1 hour ago',
      '',
      'PROFILE  ADDRESS                   STATE      OPEN  TOTAL  TOKEN',
      'prod     127.0.0.1:5433            listening  2     17     until in 10 minutes',
      'prod     /run/gprxy/.s.PGSQL.5432  listening  0     0      not used yet',
      '',
      'Last error of profile "prod", 5 seconds ago: 08006 the gateway hung up',
      '',
    ]);
  });

  it('prints versioned JSON', async () => {
    const { stdout } = await runInWorld(['status', '--json'], { status });
    expect(JSON.parse(stdout)).toEqual({ running: true, ...status });
  });

  it('ends with 1 when no sidecar runs', async () => {
    const plain = await runInWorld(['status']);
    expect(plain).toMatchObject({ exitCode: 1, stdout: '' });
    expect(plain.stderr).toContain('gprxy start --detach');
    const json = await runInWorld(['status', '--json']);
    expect(json.exitCode).toBe(1);
    expect(JSON.parse(json.stdout)).toEqual({ version: 1, running: false });
  });
});
