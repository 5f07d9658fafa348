import { describe, expect, it } from 'vitest';
import { prodProfile, runInWorld, runningStatus } from '../../dependencies.testing.ts';
import type { Sidecars } from '../../dependencies.ts';
import { parseArguments } from '../../parse-arguments.testing.ts';

describe('wait: arguments to options', () => {
  it.each([
    { args: [], options: { timeout: 10_000 } },
    { args: ['--timeout', '1m'], options: { timeout: 60_000 } },
  ])('reads $args', async ({ args, options }) => {
    expect(await parseArguments(['wait', ...args])).toEqual({ command: 'wait', options });
  });
});

describe('wait: options to output', () => {
  it('ends as soon as the sidecar has opened its listeners', async () => {
    const states = [undefined, 'starting', 'running'] as const;
    let asked = 0;
    const requestControl = async () => {
      const state = states[asked++];
      if (state === undefined) throw Object.assign(new Error('nothing answers'), { code: 'ERR_NOT_RUNNING' });
      return { ...runningStatus([{}]), state, problems: [{ profile: 'b', message: 'port 5434 is taken' }] };
    };
    const sidecars = { requestControl: requestControl as Sidecars['requestControl'] };
    const { exitCode, stdout, stderr } = await runInWorld(['wait'], { sidecars });
    expect({ exitCode, stdout, asked }).toEqual({ exitCode: 0, stdout: '', asked: 3 });
    expect(stderr).toBe('gprxy: profile "b": port 5434 is taken\n');
  });

  it('ends with 1 when there is none in time', async () => {
    const { exitCode, stderr } = await runInWorld(['wait', '--timeout', '10ms'], { config: prodProfile });
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^gprxy: the sidecar is not running after 0\.01 s\n.*gprxy start --detach/);
  });

  it('ends with 130 on Ctrl-C', async () => {
    expect(await runInWorld(['wait'], { interrupted: AbortSignal.abort() })).toMatchObject({ exitCode: 130 });
  });
});
