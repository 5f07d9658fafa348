import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { startOidcProvider, type TestProvider } from '@gprxy/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleProgram, type TestProcess } from './child-process.testing.ts';
import { testDependencies, testDirectory } from './dependencies.testing.ts';
import { loggedIn } from './logged-in.testing.ts';
import { createFileStore } from './store/file-store.ts';

const minute = 60_000;
let provider: TestProvider;
beforeAll(async () => {
  // Rotation: the second use of a refresh token would end the whole login, so any second refresh shows.
  provider = await startOidcProvider({ accessTokenTtlSeconds: 300, rotateRefreshToken: true });
});
afterAll(() => provider.stop());

async function prepare() {
  const directory = testDirectory();
  const tokenDirectory = join(directory, 'tokens');
  const deps = testDependencies({ lockDirectory: join(directory, 'locks') });
  const signIn = () => loggedIn(provider, { deps, store: createFileStore({ directory: tokenDirectory }) });
  const { settings } = await signIn();
  const program = await bundleProgram(new URL('./get-token.testing.ts', import.meta.url));
  const start = (aheadMs: number, stopAt?: string) =>
    program(JSON.stringify({ settings, tokenDirectory, lockDirectory: deps.lockDirectory, aheadMs, stopAt }));
  return { start, signIn, deps, tokenDirectory };
}

/** The last line that a process printed, once it ended by itself. */
async function outcome({ ended, lines }: TestProcess): Promise<string> {
  expect(await ended).toBe(0);
  return lines.at(-1) ?? '';
}

describe('many processes', () => {
  it.each([50, 10])(
    'S19 refresh an expired token exactly once between the %i of them',
    {
      timeout: 120_000,
    },
    async (count) => {
      const { start } = await prepare();
      for (let round = 1; round <= (count > 10 ? 1 : 2); round++) {
        const before = provider.requests('token');
        const processes = Array.from({ length: count }, () => start(round * 10 * minute));
        const tokens = await Promise.all(processes.map(outcome));
        expect(new Set(tokens).size).toBe(1);
        expect(tokens[0]).toMatch(/^token /);
        expect(provider.requests('token') - before).toBe(1);
      }
    },
  );

  it('S19 find the new token when they come later', { timeout: 60_000 }, async () => {
    const { start } = await prepare();
    const first = await outcome(start(10 * minute));
    const before = provider.requests('token');
    expect(await outcome(start(10 * minute))).toBe(first);
    expect(provider.requests('token')).toBe(before);
  });
});

describe('a process killed with -9', () => {
  async function killAt(step: string, aheadMs: number, start: (aheadMs: number, stopAt?: string) => TestProcess) {
    const victim = start(aheadMs, step);
    await victim.waitFor(step);
    await victim.kill();
  }

  it.each(['ready', 'probe', 'refresh', 'written', 'unlock'])(
    'S20 at "%s" costs nothing',
    { timeout: 60_000 },
    async (step) => {
      const { start, deps } = await prepare();
      await killAt(step, 10 * minute, start);
      const survivor = start(10 * minute);
      expect(await outcome(survivor)).toMatch(/^token /);
      expect(survivor.lines).not.toContain('sleeps');
      expect(await outcome(start(20 * minute))).toMatch(/^token /);
      expect(readdirSync(deps.lockDirectory).filter((name) => name.includes('.lock'))).toEqual([]);
    },
  );

  it.each(['sent', 'answered', 'write', 'torn', 'whole'])(
    'S20 at "%s", between the request to a rotating provider and the file, asks for one clear login',
    {
      timeout: 60_000,
    },
    async (step) => {
      const { start, signIn, tokenDirectory } = await prepare();
      const before = provider.requests('token');
      const victim = start(10 * minute, step);
      await victim.waitFor(step);
      await expect.poll(() => provider.requests('token')).toBe(before + 1);
      await victim.kill();
      expect(await outcome(start(10 * minute))).toBe('error ERR_LOGIN_NEEDED');
      expect(await outcome(start(10 * minute))).toBe('error ERR_LOGIN_NEEDED');
      await signIn();
      expect(await outcome(start(0))).toMatch(/^token /);
      expect(await outcome(start(10 * minute))).toMatch(/^token /);
      const { length } = readdirSync(tokenDirectory).filter((name) => name.endsWith('.tmp'));
      expect(length).toBe(step === 'torn' || step === 'whole' ? 1 : 0);
    },
  );

  it('S20 lets those who waited for it go on at once', { timeout: 60_000 }, async () => {
    const { start } = await prepare();
    const victim = start(10 * minute, 'refresh');
    await victim.waitFor('refresh');
    const waiting = Array.from({ length: 5 }, () => start(10 * minute));
    await Promise.all(waiting.map(({ waitFor }) => waitFor('ready')));
    const before = provider.requests('token');
    await victim.kill();
    const tokens = await Promise.all(waiting.map(outcome));
    expect(new Set(tokens).size).toBe(1);
    expect(tokens[0]).toMatch(/^token /);
    expect(provider.requests('token') - before).toBe(1);
  });
});
