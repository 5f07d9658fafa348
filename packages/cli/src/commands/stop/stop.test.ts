import { describe, expect, it } from 'vitest';
import { runInWorld, runningStatus } from '../../dependencies.testing.ts';

describe('stop', () => {
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
