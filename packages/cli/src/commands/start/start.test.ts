import type { DaemonOptions, DaemonOutcome, Profile } from '@gprxy/sidecar';
import { describe, expect, it } from 'vitest';
import { prodProfile, runInWorld, runningStatus, type TestWorld } from '../../dependencies.testing.ts';
import type { Sidecars } from '../../dependencies.ts';
import { parseArguments } from '../../parse-arguments.testing.ts';

describe('start: arguments to options', () => {
  it.each([
    { args: [], env: {}, options: { watch: true } },
    { args: ['--detach'], env: {}, options: { detach: true, watch: true } },
    { args: ['--profile', 'a', '--profile', 'b'], env: {}, options: { profile: ['a', 'b'], watch: true } },
    { args: ['--no-watch', '--log-file', 'f'], env: {}, options: { watch: false, logFile: 'f' } },
    { args: ['--listen-anywhere'], env: {}, options: { watch: true, listenAnywhere: true } },
    { args: [], env: { GPRXY_NO_WATCH: '1' }, options: { watch: false } },
    { args: [], env: { GPRXY_PROFILE: 'a' }, options: { profile: ['a'], watch: true } },
  ])('reads $args with $env', async ({ args, env, options }) => {
    expect(await parseArguments(['start', ...args], env)).toEqual({ command: 'start', options });
  });
});

describe('start: options to output', () => {
  it.each([
    { outcome: { kind: 'stopped', forced: 0 }, exitCode: 0, says: 'Stopped.' },
    { outcome: { kind: 'stopped', forced: 2 }, exitCode: 0, says: '2 connections were cut off' },
    { outcome: { kind: 'interrupted' }, exitCode: 130, says: '' },
    { outcome: { kind: 'already-running', pid: 12 }, exitCode: 0, says: 'already running (process 12)' },
    {
      outcome: {
        kind: 'nothing-to-serve',
        problems: [{ profile: 'prod', message: 'port 5433 is taken', hint: 'Free it.' }],
      },
      exitCode: 3,
      says: 'gprxy: profile "prod": port 5433 is taken\n  Free it.',
    },
  ] as const)('ends with $exitCode when the daemon ends as $outcome.kind', async ({ outcome, exitCode, says }) => {
    const result = await runInWorld(['start'], { config: prodProfile, ...daemon(outcome) });
    expect(result.exitCode).toBe(exitCode);
    expect(result.stderr).toContain(says);
  });

  it('serves the profiles that listen, or those that are named', async () => {
    const config = `${prodProfile}${prodProfile.replace('prod', 'dev').replace(/listen.*\n/, '')}`;
    const served: string[][] = [];
    const world = {
      config,
      ...daemon({ kind: 'stopped', forced: 0 }, ({ profiles }) => served.push(profiles.map(nameOf))),
    };
    await runInWorld(['start'], world);
    await runInWorld(['start', '--profile', 'prod'], world);
    expect(served).toEqual([['prod'], ['prod']]);
    const nothing = await runInWorld(['start', '--profile', 'dev'], world);
    expect(nothing.exitCode).toBe(3);
    expect(nothing.stderr).toContain('listen = "127.0.0.1:5433"');
  });
});

describe('start: what the daemon is given', () => {
  it('is the log for what tokens are about, too: every line is a record, and redacted', async () => {
    const lines: string[] = [];
    const logged: Promise<unknown>[] = [];
    const { createLog } = await import('@gprxy/sidecar');
    const world: TestWorld = {
      config: prodProfile,
      ...daemon({ kind: 'stopped', forced: 0 }, ({ tokenSourceFor, profiles }) => {
        logged.push(Promise.resolve(tokenSourceFor?.(profiles?.[0] as Profile)));
      }),
      credentials: {
        createOidcTokenSource({ deps }) {
          deps.log({
            level: 'warn',
            event: 'store-locked',
            message: 'the keychain is locked',
            token: 'eyJ0.eyJ0.c2ln',
          });
          return { getToken: () => Promise.reject(new Error('not asked for')) };
        },
      },
    };
    world.sidecars &&
      Object.assign(world.sidecars, {
        createLog: () => createLog({ level: 'info', format: 'json', write: (line) => void lines.push(line) }),
      });
    const { stderr } = await runInWorld(['start'], world);
    await Promise.all(logged);
    expect(stderr).not.toContain('keychain');
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { level: 'warn', event: 'store-locked', msg: 'the keychain is locked', token: '[Redacted]' },
    ]);
  });

  const broken = prodProfile.replace('prod', 'broken').replace('issuer', 'isuer');
  it('is what is wrong with the other profiles, and the configuration again when it asks', async () => {
    const given: Array<Partial<DaemonOptions>> = [];
    const config = `${prodProfile}${broken}`;
    const { configFile } = await runInWorld(['start', '--profile', 'prod', '--no-watch'], {
      config,
      ...daemon({ kind: 'stopped', forced: 0 }, (options) => given.push(options)),
    });
    expect(given).toMatchObject([{ problems: [], startArguments: ['--profile', 'prod', '--no-watch'] }]);
    expect(given[0]).not.toHaveProperty('watchedFile');
    await runInWorld(['start'], {
      config,
      ...daemon({ kind: 'stopped', forced: 0 }, (options) => given.push(options)),
    });
    expect(given[1]?.problems).toMatchObject([
      { profile: 'broken', message: expect.stringContaining('unknown key "isuer"'), hint: expect.stringMatching(/\w/) },
    ]);
    expect(given[1]?.watchedFile).toMatch(/config\.toml$/);
    expect(configFile).toMatch(/config\.toml$/);
  });

  it('is told that a terminal may hang up, and a service never', async () => {
    const hangups: unknown[] = [];
    const world = daemon({ kind: 'stopped', forced: 0 }, ({ onHangup }) => hangups.push(onHangup));
    await runInWorld(['start'], { config: prodProfile, tty: true, ...world });
    await runInWorld(['start'], { config: prodProfile, ...world });
    expect(hangups).toEqual(['stop', 'reload']);
  });

  it('is nothing when no profile can be used, and the first of them tells why', async () => {
    const { exitCode, stderr } = await runInWorld(['start'], { config: broken });
    expect(exitCode).toBe(3);
    expect(stderr).toMatch(/config\.toml:3: unknown key "isuer".*did you mean "issuer"/);
  });
});

describe('start --detach', () => {
  it('does not start a second sidecar', async () => {
    const status = runningStatus([{}]);
    const result = await runInWorld(['start', '--detach'], { config: prodProfile, status });
    expect(result).toMatchObject({ exitCode: 0 });
    expect(result.stderr).toContain('already running (process 4711)');
  });

  it('starts itself again without --detach, and names the log', async () => {
    const started: unknown[] = [];
    const { exitCode, stderr } = await runInWorld(['start', '--detach', '--profile', 'prod'], {
      config: prodProfile,
      startDaemon: async ({ args }) => {
        started.push(args.slice(0, -1));
        return { kind: 'ready' };
      },
    });
    expect({ exitCode, started }).toEqual({ exitCode: 0, started: [['start', '--profile', 'prod', '--log-file']] });
    expect(stderr).toMatch(/Log: .*gprxy\.log/);
  });

  it('ends with 3 when a profile is not served, says which and why, and lets the others be', async () => {
    const problems = [
      { profile: 'dev', message: 'port 5433 is taken', hint: 'Free it.' },
      { profile: 'old', message: 'no "upstream"', hint: 'Add one.' },
    ];
    const status = { ...runningStatus([{}]), problems };
    const told =
      'gprxy: profile "dev": port 5433 is taken\n  Free it.\ngprxy: profile "old": no "upstream"\n  Add one.\n' +
      'All else is served. Once that is mended, run "gprxy reload".\n';
    let runs = false;
    const starting: TestWorld = {
      config: prodProfile,
      sidecars: {
        requestControl: (async () => {
          if (runs) return status;
          throw Object.assign(new Error('nothing answers'), { code: 'ERR_NOT_RUNNING' });
        }) as Sidecars['requestControl'],
      },
      startDaemon: async () => {
        runs = true;
        return { kind: 'ready' };
      },
    };
    for (const first of ['Listening on 127.0.0.1:5433 (profile "prod").', 'gprxy is already running']) {
      const { exitCode, stderr } = await runInWorld(['start', '--detach'], starting);
      expect({ exitCode, stderr }).toEqual({ exitCode: 3, stderr: expect.stringContaining(told) });
      expect(stderr).toContain(first);
    }
  });

  it('tells what the daemon wrote when it ended at once, and its exit code', async () => {
    const { writeFile, mkdir } = await import('node:fs/promises');
    const { dirname } = await import('node:path');
    const { exitCode, stderr } = await runInWorld(['start', '--detach'], {
      config: prodProfile,
      startDaemon: async ({ logFile }) => {
        await mkdir(dirname(logFile), { recursive: true });
        await writeFile(logFile, 'gprxy: profile "prod": port 5433 is taken\n');
        return { kind: 'ended', exitCode: 3 };
      },
    });
    expect(exitCode).toBe(3);
    expect(stderr).toContain('port 5433 is taken');
  });
});

const nameOf = ({ name }: { name: string }): string => name;

function daemon(outcome: DaemonOutcome, observe: (options: DaemonOptions) => void = () => {}): TestWorld {
  return {
    sidecars: {
      runDaemon: async (options) => {
        observe(options);
        return outcome;
      },
    },
  };
}
