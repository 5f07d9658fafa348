import { describe, expect, it } from 'vitest';
import { CliError } from '../../cli-error.ts';
import { type Check, ok, warning } from './check.ts';
import { runChecks } from './run-checks.ts';
import type { SetUp } from './set-up.ts';

const nothing = {} as SetUp;
const never = new AbortController().signal;

function check(name: string, part: Partial<Check> = {}): Check {
  return { name, needs: [], timeoutMs: 60_000, run: async () => ok('fine'), ...part };
}

const fails: Pick<Check, 'run'> = {
  run: () =>
    Promise.reject(new CliError('it is locked', { code: 'ERR_STORE_LOCKED', detail: 'd', hint: 'Unlock it.' })),
};

describe('the checks of the doctor', () => {
  it('tell what they found, in the order of their table', async () => {
    const slow = check('a', { run: () => new Promise((resolve) => setImmediate(resolve, ok('late'))) });
    const doubtful = check('b', { run: async () => warning('odd', 'Do this.') });
    expect(await runChecks([slow, doubtful], nothing, never)).toEqual([
      { name: 'a', verdict: 'ok', message: 'late' },
      { name: 'b', verdict: 'warning', message: 'odd', hint: 'Do this.' },
    ]);
  });

  it('run beside each other', async () => {
    const started: string[] = [];
    const waiting = (name: string) =>
      check(name, {
        async run() {
          started.push(name);
          while (started.length < 2) await new Promise(setImmediate);
          return ok('met');
        },
      });
    expect(await runChecks([waiting('a'), waiting('b')], nothing, never)).toHaveLength(2);
  });

  it('are problems with the exit code of their error when they reject', async () => {
    const [result] = await runChecks([check('a', fails)], nothing, never);
    const told = { message: 'it is locked', detail: 'd', hint: 'Unlock it.', code: 'ERR_STORE_LOCKED', exitCode: 8 };
    expect(result).toEqual({ name: 'a', verdict: 'problem', ...told });
  });

  it('are left out when what they need has failed, and so are those that need them', async () => {
    const checks = [check('a', fails), check('b', { needs: ['a'] }), check('c', { needs: ['b'] }), check('d')];
    expect((await runChecks(checks, nothing, never)).map(({ verdict }) => verdict)).toEqual([
      'problem',
      'skipped',
      'skipped',
      'ok',
    ]);
  });

  it.each([
    { kind: 'that knows no signal', run: () => new Promise<never>(() => {}) },
    {
      kind: 'that fails when its signal aborts',
      run: (_setUp: SetUp, signal: AbortSignal) =>
        new Promise<never>((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(new Error('its own words')));
        }),
    },
  ])('are a problem when they take too long: one $kind', async ({ run }) => {
    const [result] = await runChecks([check('a', { run, timeoutMs: 5 })], nothing, never);
    expect(result).toMatchObject({ verdict: 'problem', code: 'ERR_TIMEOUT', message: 'no answer within 0.005 s' });
  });

  it('end at Ctrl-C', async () => {
    const controller = new AbortController();
    const running = runChecks([check('a', { run: () => new Promise(() => {}) })], nothing, controller.signal);
    controller.abort();
    await expect(running).rejects.toMatchObject({ code: 'ERR_ABORTED' });
  });
});
