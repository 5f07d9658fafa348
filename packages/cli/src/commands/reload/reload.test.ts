import { describe, expect, it } from 'vitest';
import { prodProfile, runInWorld, runningStatus } from '../../dependencies.testing.ts';
import { parseArguments } from '../../parse-arguments.testing.ts';

describe('reload: arguments to options', () => {
  it.each([
    { args: [], options: {} },
    { args: ['--json'], options: { json: true } },
  ])('reads $args', async ({ args, options }) => {
    expect(await parseArguments(['reload', ...args])).toEqual({ command: 'reload', options });
  });
});

describe('reload: options to output', () => {
  const status = runningStatus([{}]);
  const problem = { message: '/etc/config.toml:7: unknown key "isuer"', hint: 'Did you mean "issuer"?' };

  it.each([
    { reloaded: {}, exitCode: 0, says: 'Reloaded; no profile has changed.\n' },
    {
      reloaded: { added: ['a', 'b'], removed: ['c'] },
      exitCode: 0,
      says: 'Reloaded (added: a, b; removed: c).\n',
    },
    {
      reloaded: { problems: [problem] },
      exitCode: 3,
      says: `gprxy: ${problem.message}\n  ${problem.hint}\nAll else stays as it was.\n`,
    },
    {
      reloaded: { changed: ['a'], problems: [{ profile: 'b', message: 'port 5433 is taken' }] },
      exitCode: 3,
      says: 'gprxy: profile "b": port 5433 is taken\nReloaded (changed: a).\n',
    },
  ])('ends with $exitCode and says $says', async ({ reloaded, exitCode, says }) => {
    expect(await runInWorld(['reload'], { status, reloaded })).toMatchObject({ exitCode, stdout: '', stderr: says });
  });

  it('prints versioned JSON', async () => {
    const { stdout, exitCode } = await runInWorld(['reload', '--json'], { status, reloaded: { problems: [problem] } });
    expect({ exitCode, ...JSON.parse(stdout) }).toEqual({
      exitCode: 3,
      version: 1,
      pid: 4711,
      added: [],
      changed: [],
      removed: [],
      problems: [problem],
    });
  });

  it('ends with 1 when no sidecar runs', async () => {
    const { exitCode, stderr } = await runInWorld(['reload'], { config: prodProfile });
    expect({ exitCode, stderr }).toEqual({
      exitCode: 1,
      stderr: 'gprxy: the sidecar is not running\n  Run "gprxy start --detach".\n',
    });
  });
});
