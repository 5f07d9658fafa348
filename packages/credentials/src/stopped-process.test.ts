import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bob, type OidcProviderOptions, startOidcProvider } from '@gprxy/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { bundleProgram } from './child-process.testing.ts';
import { testDependencies, testDirectory } from './dependencies.testing.ts';
import { loggedIn } from './logged-in.testing.ts';
import { createFileStore } from './store/file-store.ts';

const minute = 60_000;

async function prepare(options: OidcProviderOptions) {
  const provider = await startOidcProvider(options);
  onTestFinished(() => provider.stop());
  const directory = testDirectory();
  const tokenDirectory = join(directory, 'tokens');
  const deps = testDependencies({ lockDirectory: join(directory, 'locks') });
  const store = createFileStore({ directory: tokenDirectory });
  const signIn = (user?: string) => loggedIn(provider, { deps, store, ...(user !== undefined && { user }) });
  const { settings } = await signIn();
  const program = await bundleProgram(new URL('./get-token.testing.ts', import.meta.url));
  const start = (job: object) =>
    program(JSON.stringify({ settings, tokenDirectory, lockDirectory: deps.lockDirectory, aheadMs: 0, ...job }));
  return { provider, start, signIn, deps, store };
}

/** As a laptop does when its lid is closed. */
describe.skipIf(process.platform === 'win32')('a process that was stopped', { timeout: 60_000 }, () => {
  it('past the end of its token hands out a fresh one when it goes on', async () => {
    const { provider, start } = await prepare({ accessTokenTtlSeconds: 3, rotateRefreshToken: true });
    const sleeper = start({ again: true });
    const [, first, expiresAt] = (await sleeper.waitFor('first ')).split(' ');
    sleeper.child.kill('SIGSTOP');
    const before = provider.requests('token');
    await expect.poll(() => Date.now(), { timeout: 10_000 }).toBeGreaterThan(Number(expiresAt));
    sleeper.child.stdin?.write('\n');
    expect(provider.requests('token')).toBe(before);
    sleeper.child.kill('SIGCONT');
    expect(await sleeper.waitFor('token ')).not.toBe(`token ${first}`);
    expect(provider.requests('token')).toBe(before + 1);
    expect(await sleeper.ended).toBe(0);
  });

  it('with a refresh in hand, and taken for dead, does not overwrite the login that was made meanwhile', async () => {
    const { start, signIn, deps, store } = await prepare({ accessTokenTtlSeconds: 300, rotateRefreshToken: true });
    const sleeper = start({ aheadMs: 10 * minute, stopAt: 'answered' });
    await sleeper.waitFor('answered');
    sleeper.child.kill('SIGSTOP');
    await moveToAnotherMachine(join(deps.lockDirectory, 'prod.lock'));
    deps.advance(8 * minute);
    await signIn(bob.login);
    const { accessToken } = (await store.read('prod')) ?? {};
    sleeper.child.kill('SIGCONT');
    sleeper.child.stdin?.write('\n');
    expect(await sleeper.waitFor('token ')).toMatch(/^token /);
    expect(await store.read('prod')).toMatchObject({ subject: 'bob', accessToken });
    expect(await sleeper.ended).toBe(0);
  });
});

/** A lock's holder is looked at by its pid where that can be done. On a home directory that machines share it cannot. */
async function moveToAnotherMachine(lock: string): Promise<void> {
  const claim = JSON.parse(readFileSync(lock, 'utf8')) as { holder: { host: string } };
  claim.holder.host = 'another-machine';
  writeFileSync(lock, JSON.stringify(claim));
}
