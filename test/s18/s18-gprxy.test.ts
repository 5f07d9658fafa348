import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { alice, createCanary, has, tracesOf } from '@gprxy/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Home } from '../transcripts/home.testing.ts';
import { runLine } from '../transcripts/run-line.testing.ts';
import { environmentOf, STATE, startWorld, type World } from '../transcripts/world.testing.ts';
import { hurts } from './hurt-home.testing.ts';
import { argumentsAndEnvironments } from './processes.testing.ts';

/** In the claims of both tokens. The refresh token and the signatures are secrets of their own. */
const canary = createCanary();

let world: World;
let secrets: readonly string[];
beforeAll(async () => {
  world = await startWorld({ users: [{ ...alice, claims: { canary } }] });
  const login = JSON.parse(await readFile(join(await world.stateOf('alice'), 'logins/prod.json'), 'utf8'));
  secrets = [canary, login.refreshToken, login.accessToken.split('.')[2]];
  for (const secret of secrets) expect(secret.length).toBeGreaterThan(20);
});
afterAll(() => world?.[Symbol.asyncDispose]());

async function signedIn(): Promise<Home> {
  const home = await Home.open(world);
  await home.signIn('alice');
  home.env.GPRXY_DEBUG = '1';
  return home;
}

function expectNone(text: string, what: string): void {
  for (const secret of secrets) expect(tracesOf(secret, text), `${what}\n${text}`).toEqual([]);
}

const paths = hurts.flatMap(({ name, lines }) => lines.map((line) => `${line}, when ${name}`));

describe.runIf(has.psql)('S18 no secret in what gprxy says with GPRXY_DEBUG=1', () => {
  it.each(hurts.map((hurt) => [hurt.name, hurt] as const))('when %s', async (_, { bringAbout, lines }) => {
    await using home = await signedIn();
    await bringAbout(home);
    for (const line of lines) {
      const { stdout, stderr } = await home.run(line);
      expectNone([...stdout, ...stderr].join('\n'), line);
    }
    const log = await readFile(join(home.path, STATE, 'gprxy.log'), 'utf8').catch(() => '');
    expectNone(log, 'the log');
  });

  it('S18 in at least 70 lines', () => expect(new Set(paths).size).toBeGreaterThanOrEqual(70));
});

describe.runIf(has.psql)('S18 no secret in arguments and environments', () => {
  it('of whatever runs while a person signs in', async () => {
    const home = await Home.open(world);
    let seen: string[] = [];
    const { exitCode } = await runLine('gprxy login --insecure-storage', {
      env: environmentOf(home.path, world),
      cwd: home.path,
      async onPrompt(uri) {
        seen = await argumentsAndEnvironments(home.path);
        await world.stack.provider.approve(uri, 'alice');
      },
    });
    expect(exitCode).toBe(0);
    expect(seen.join()).toContain('login');
    expectNone(seen.join('\n'), 'login');
    await home[Symbol.asyncDispose]();
  });

  it('of the sidecar, of psql, and of a program and its parents', async () => {
    await using home = await signedIn();
    await home.run('gprxy start --detach');
    const running = home.run(`gprxy exec sales -- sh -c 'touch up; until [ -e seen ]; do sleep 0.05; done'`);
    const psql = home.run(`gprxy psql sales -c '\\! touch up2; until [ -e seen ]; do sleep 0.05; done'`);
    await until(async () => {
      const there = await readdir(home.path);
      return there.includes('up') && there.includes('up2') ? true : undefined;
    });
    const seen = await argumentsAndEnvironments(home.path);
    await writeFile(join(home.path, 'seen'), '');
    await Promise.all([running, psql]);
    for (const program of ['gprxy\0start', 'gprxy\0exec', 'gprxy\0psql', 'psql\0-c'])
      expect(seen.join()).toContain(program);
    expectNone(seen.join('\n'), 'exec');
  });
});

describe.runIf(has.psql)('S18 no secret in a crash', () => {
  it('of the sidecar: its last words, its log, and the diagnostic reports of the runtime', async () => {
    await using home = await signedIn();
    const crash = join(home.path, 'crash.mjs');
    await writeFile(crash, `process.on('SIGALRM', () => setImmediate(() => { throw new Error('injected'); }));`);
    const options = '--report-on-signal --report-signal=SIGUSR2 --report-uncaught-exception';
    home.env.NODE_OPTIONS = `--import ${crash} ${options} --report-directory=${home.path}`;
    await home.run('gprxy start --detach');
    await home.run('psql "$(gprxy dsn sales)" -c "select 1"');
    const { pid } = JSON.parse((await home.run('gprxy status --json')).stdout.join('\n'));
    process.kill(pid, 'SIGUSR2');
    const report = await until(async () => (await readdir(home.path)).find((name) => name.startsWith('report.')));
    process.kill(pid, 'SIGALRM');
    const log = await until(async () => {
      const text = await readFile(join(home.path, STATE, 'gprxy.log'), 'utf8');
      return text.includes('injected') ? text : undefined;
    });
    expectNone(log, 'the log');
    expectNone(await readFile(join(home.path, report), 'utf8'), report);
    expect((await home.run('gprxy status')).exitCode).toBe(1);
  });
});

async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
