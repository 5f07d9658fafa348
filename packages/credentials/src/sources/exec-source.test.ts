import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { endsAtOnce, failureOf, neverAborts, testDirectory } from '../dependencies.testing.ts';
import { createExecSource } from './exec-source.ts';
import { nodeCommand, testSourceDependencies } from './source-dependencies.testing.ts';

const canary = 'canary0canary0canary0canary0canary0canary';
const minute = 60_000;

function sourceOf(code: string, { env = {}, args = [] as string[] } = {}) {
  const deps = testSourceDependencies(env);
  const source = createExecSource(
    { kind: 'exec', command: { argv: nodeCommand(code, ...args), timeoutMs: 20_000 } },
    deps,
  );
  return { source, deps };
}

/** Prints `token-1`, `token-2`, ...: how often it ran is in what it prints. */
function counting(expiresInSeconds: number) {
  const file = join(testDirectory(), 'runs');
  writeFileSync(file, '');
  const code = `const fs = require('fs'); fs.appendFileSync(process.argv[1], '.');
    console.log(JSON.stringify({ token: 'token-' + fs.statSync(process.argv[1]).size, expires_in: ${expiresInSeconds} }))`;
  return { ...sourceOf(code, { args: [file] }), runs: () => readFileSync(file, 'utf8').length };
}

describe('a command that prints a token', () => {
  it('is run once for all who ask, and again shortly before the token ends', async () => {
    const { source, deps, runs } = counting(600);
    const both = await Promise.all([source.getToken(neverAborts), source.getToken(neverAborts)]);
    expect(both.map(({ token }) => token)).toEqual(['token-1', 'token-1']);
    deps.advance(8 * minute);
    expect((await source.getToken(neverAborts)).token).toBe('token-1');
    deps.advance(minute + 1);
    expect(await source.getToken(neverAborts)).toMatchObject({ token: 'token-2', expiresAt: deps.now() + 600_000 });
    expect(runs()).toBe(2);
  });

  it('is run again for whoever needs a longer life than is left', async () => {
    const { source } = counting(600);
    await source.getToken(neverAborts);
    expect((await source.getToken(neverAborts, { minTtlMs: 11 * minute })).token).toBe('token-2');
  });

  it('gets its arguments as they are: there is no shell', async () => {
    const { source } = sourceOf('console.log(Buffer.from(process.argv[1]).toString("hex"))', {
      args: ['$HOME `id` ; *'],
    });
    expect((await source.getToken(neverAborts)).token).toBe(Buffer.from('$HOME `id` ; *').toString('hex'));
  });

  it('is told the profile, and in the words of kubectl that nobody can answer', async () => {
    const code = `const { GPRXY_PROFILE, KUBERNETES_EXEC_INFO, EXTRA } = process.env;
      const { apiVersion, kind, spec } = JSON.parse(KUBERNETES_EXEC_INFO);
      console.log([GPRXY_PROFILE, apiVersion, kind, spec.interactive, EXTRA].join('_'))`;
    const { source } = sourceOf(code, { env: { EXTRA: 'kept' } });
    expect((await source.getToken(neverAborts)).token).toBe(
      'prod_client.authentication.k8s.io/v1_ExecCredential_false_kept',
    );
  });

  it('has ended although what it has started goes on', async () => {
    const code = `require('child_process').spawn(process.execPath, ['-e', 'setTimeout(() => {}, 2000)'],
      { stdio: 'inherit' }).unref(); console.log('a-token'); process.exit()`;
    const { source } = sourceOf(code);
    expect((await source.getToken(neverAborts)).token).toBe('a-token');
  });
});

describe('a command that fails', () => {
  it.each([
    [
      'with its exit code and last words',
      'console.error("first", "\\nnot signed in: run vault login"); process.exit(7)',
      /^the command "node" ended with exit code 7: .*not signed in: run vault login$/,
    ],
    ['although it says nothing', 'process.exit(1)', /ended with exit code 1 and said nothing/],
    ['of a signal', 'process.kill(process.pid, "SIGTERM"); setTimeout(() => {}, 1e4)', /was ended by SIGTERM/],
    ['that prints nothing', '', /the output of the command "node" is empty/],
    ['that prints an expired token', 'console.log(JSON.stringify({ token: "t", expires_in: -1 }))', /expired at/],
    [
      'that never stops printing',
      'const more = () => process.stdout.write("x".repeat(1e5), more); more()',
      /printed more than 1 MiB/,
    ],
  ])('is told %s', async (_, code, message) => {
    const { source } = sourceOf(code);
    const error = await failureOf(source.getToken(neverAborts));
    expect(error).toMatchObject({ code: 'ERR_SOURCE_FAILED', message: expect.stringMatching(message) });
    expect(error.hint).toMatch(/\w/);
  });

  it.each([
    ['is not there', '/nowhere/vault', /^the command "vault" was not found$/],
    ['is no program', '/etc/passwd', /^the command "passwd" is not executable$/],
  ])('because it %s', async (_, program, message) => {
    const command = { argv: [program, canary] as const, timeoutMs: 1_000 };
    const error = await failureOf(
      createExecSource({ kind: 'exec', command }, testSourceDependencies()).getToken(neverAborts),
    );
    expect(error).toMatchObject({ code: 'ERR_SOURCE_FAILED', message: expect.stringMatching(message) });
  });

  it('S18 with its arguments, its token and its output in no message', async () => {
    const tells = [
      `console.log('${canary}'); console.error('token: ${canary}'); process.exit(1)`,
      `console.error('x'.repeat(4090) + ' ${canary}'); process.exit(1)`,
      `console.error('${canary}'.repeat(200)); process.exit(1)`,
      `console.log('{"token": "${canary}')`,
      `console.log('${canary} ${canary}')`,
      `process.stdout.write('short-pw\\n'); console.error('wrong: short-pw'); process.exit(1)`,
    ];
    for (const code of tells) {
      const { source } = sourceOf(code, { args: [canary] });
      const error = await failureOf(source.getToken(neverAborts));
      expect(`${error.message} ${error.hint} ${error.stack}`).not.toMatch(/canary0|short-pw/);
    }
  });

  it('is not run inside itself', async () => {
    const { source } = sourceOf('console.log(1)', { env: { GPRXY_COMMAND_OF: 'dev,prod' } });
    expect(await failureOf(source.getToken(neverAborts))).toMatchObject({
      message: 'the command "node" asks for a token of profile "prod", which it was run for',
    });
  });

  it('has until then the token that it printed before', async () => {
    const file = join(testDirectory(), 'works');
    writeFileSync(file, '');
    const code = `if (!require('fs').existsSync(process.argv[1])) process.exit(1);
      console.log(JSON.stringify({ token: 't', expires_in: 600 }))`;
    const { source, deps } = sourceOf(code, { args: [file] });
    await source.getToken(neverAborts);
    rmSync(file);
    deps.advance(9.5 * minute);
    expect((await source.getToken(neverAborts)).token).toBe('t');
    expect(await failureOf(source.getToken(neverAborts, { minTtlMs: minute }))).toMatchObject({
      code: 'ERR_SOURCE_FAILED',
    });
    deps.advance(minute / 2 - 5_000);
    expect(await failureOf(source.getToken(neverAborts))).toMatchObject({ code: 'ERR_SOURCE_FAILED' });
  });

  it('because its arguments are more than the system takes', async () => {
    const { source } = sourceOf('', { args: ['x'.repeat(4_000_000)] });
    expect(await failureOf(source.getToken(neverAborts))).toMatchObject({
      message: 'the command "node" could not be started (E2BIG)',
    });
  });

  it('is tried again by the next who asks', async () => {
    const file = join(testDirectory(), 'fixed');
    const { source } = sourceOf('if (!require("fs").existsSync(process.argv[1])) process.exit(1); console.log("t")', {
      args: [file],
    });
    await failureOf(source.getToken(neverAborts));
    writeFileSync(file, '');
    expect((await source.getToken(neverAborts)).token).toBe('t');
  });
});

describe('a command that does not end', () => {
  /** Starts a program of its own, and tells that one's pid before it waits for ever. */
  const stubborn = 'trap "" TERM INT HUP; sleep 1000 & echo $! >"$1.new"; mv "$1.new" "$1"; wait';
  const stubbornSource = (file: string, timeoutMs: number) => {
    const argv = ['sh', '-c', stubborn, 'sh', file] as const;
    return createExecSource({ kind: 'exec', command: { argv, timeoutMs } }, testSourceDependencies());
  };
  const isRunning = (pid: number) => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  };
  /** In a container it may take init a moment to see who has ended. */
  const expectEnded = (file: string) =>
    expect.poll(() => isRunning(Number(readFileSync(file, 'utf8'))), { timeout: 15_000 }).toBe(false);

  it('is killed with all that it has started as soon as nobody wants its token any more', async () => {
    const file = join(testDirectory(), 'pid');
    const source = stubbornSource(file, 20_000);
    const controller = new AbortController();
    const failure = failureOf(source.getToken(controller.signal));
    await expect.poll(() => existsSync(file)).toBe(true);
    controller.abort();
    expect(await endsAtOnce(failure)).toBe(true);
    expect(await failure).toMatchObject({ code: 'ERR_ABORTED' });
    await expectEnded(file);
  });

  it('is killed when its time is over', async () => {
    const file = join(testDirectory(), 'pid');
    const source = stubbornSource(file, 1_500);
    expect(await failureOf(source.getToken(neverAborts))).toMatchObject({
      code: 'ERR_SOURCE_FAILED',
      message: 'the command "sh" did not end within 1.5 s',
      hint: expect.stringContaining('command_timeout'),
    });
    await expectEnded(file);
  });

  it('because it asks a question finds its input at an end, and no terminal', async () => {
    const code = `process.stdin.on('end', () => { try { require('fs').openSync('/dev/tty'); console.log('tty') } catch { console.log('none') } }).resume()`;
    const { source } = sourceOf(code);
    expect((await source.getToken(neverAborts)).token).toBe('none');
  });
});
