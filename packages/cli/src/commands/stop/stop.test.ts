import { describe, expect, it } from 'vitest';
import { runInWorld, runningStatus } from '../../dependencies.testing.ts';
import { parseArguments } from '../../parse-arguments.testing.ts';

describe('stop: arguments to options', () => {
  it.each([
    { args: [], options: {} },
    { args: ['--timeout', '5s'], options: { timeout: 5000 } },
  ])('reads $args', async ({ args, options }) => {
    expect(await parseArguments(['stop', ...args])).toEqual({ command: 'stop', options });
  });
});

describe('stop: options to output', () => {
  it('says how long it lets connections run', async () => {
    const { stderr } = await runInWorld(['stop', '--timeout', '5s'], { status: runningStatus([{ connections: 1 }]) });
    expect(stderr).toContain('Waiting for open connections (1), at most 5 s ...');
  });

  it('asks the running sidecar to end, and tells what it waits for', async () => {
    const status = runningStatus([{ connections: 3 }]);
    const { exitCode, stdout, stderr } = await runInWorld(['stop'], { status });
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: '' });
    expect(stderr).toBe(
      'Waiting for open connections (3), at most as long as drain_timeout says ...\nStopped gprxy (process 4711).\n',
    );
  });

  it('is content when none runs', async () => {
    expect(await runInWorld(['stop'])).toMatchObject({ exitCode: 0, stderr: 'gprxy was not running.\n' });
  });
});
