import { inspect } from 'node:util';
import { startOidcProvider, type TestProvider, tracesOf } from '@gprxy/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { brokenPartPaths } from './canary/broken-parts.testing.ts';
import { canary } from './canary/canary-path.testing.ts';
import { disguisePaths } from './canary/disguises.testing.ts';
import { providerAnswerPaths } from './canary/provider-answers.testing.ts';
import { signInPaths } from './canary/sign-in-paths.testing.ts';

const paths = [...providerAnswerPaths, ...signInPaths, ...brokenPartPaths, ...disguisePaths];

let provider: TestProvider;
beforeAll(async () => {
  provider = await startOidcProvider();
});
afterAll(() => provider.stop());

/** Everything that a log, a crash report or a careless `console.log(error)` would show. */
function shownBy(value: unknown): string {
  return `${inspect(value, { depth: 12, showHidden: true, getters: true })}${JSON.stringify(value)}${String(value)}`;
}

describe('S18 no secret in an error or a log, when', () => {
  it.each(paths.map((path) => [path.name, path] as const))('%s', async (_, path) => {
    const shown = (await path.run(provider)).map(shownBy).join('\n');
    expect(tracesOf(canary, shown), shown).toEqual([]);
  });

  it('S18 something goes wrong in at least 220 ways, each of them another', () => {
    expect(new Set(paths.map(({ name }) => name)).size).toBe(paths.length);
    expect(paths.length).toBeGreaterThanOrEqual(220);
  });
});
