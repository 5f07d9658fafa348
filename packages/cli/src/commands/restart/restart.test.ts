import { describe, expect, it } from 'vitest';
import { prodProfile, runInWorld, runningStatus } from '../../dependencies.testing.ts';
import { parseArguments } from '../../parse-arguments.testing.ts';

describe('restart: arguments to options', () => {
  it.each([
    { args: [], options: {} },
    { args: ['--timeout', '1m'], options: { timeout: 60_000 } },
  ])('reads $args', async ({ args, options }) => {
    expect(await parseArguments(['restart', ...args])).toEqual({ command: 'restart', options });
  });
});

describe('restart: options to output', () => {
  const restarted = async (status: ReturnType<typeof runningStatus> | undefined, config = prodProfile) => {
    const started: unknown[] = [];
    const result = await runInWorld(['restart'], {
      config,
      ...(status && { status }),
      startDaemon: async ({ args }) => {
        started.push(args.slice(0, -1));
        return { kind: 'ready' };
      },
    });
    return { ...result, started };
  };

  it('starts what it has stopped again, as that was started', async () => {
    const status = { ...runningStatus([{}]), startArguments: ['--profile', 'prod', '--no-watch'] };
    const { exitCode, stderr, started } = await restarted(status);
    expect({ exitCode, started }).toEqual({
      exitCode: 0,
      started: [['start', '--profile', 'prod', '--no-watch', '--log-file']],
    });
    expect(stderr).toContain('Stopped gprxy (process 4711).');
  });

  it('starts one where none ran', async () => {
    const { stderr, started } = await restarted(undefined);
    expect(started).toEqual([['start', '--log-file']]);
    expect(stderr).toContain('gprxy was not running.');
  });

  it('does not stop what it could not start again', async () => {
    const { exitCode, stderr, started } = await restarted(runningStatus([{}]), '[profiles');
    expect({ exitCode, started }).toEqual({ exitCode: 3, started: [] });
    expect(stderr).toMatch(/config\.toml:1: not valid TOML/);
    expect(stderr).not.toContain('Stopped');
  });
});
