import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { LongestFirst } from './scripts/longest-first.ts';

/** What must be done in so many seconds is shown on a machine that has nothing else to do: after all others, one at a time. */
const ALONE = ['test/sidecar-silent-clients.test.ts'];

// Packages are tested from their sources ("source" in their exports), so that a test never sees a stale build. Not "module", which is
// for bundlers: what packages serve by it Node cannot load.
export default defineConfig({
  ssr: { resolve: { conditions: ['source', 'node', 'default'], externalConditions: ['source', 'node'] } },
  test: {
    // Most tests wait for servers: with as many workers as there are cores a third of them would be idle.
    maxWorkers: Math.max(3, Math.ceil(availableParallelism() * 1.5)),
    sequence: { sequencer: LongestFirst },
    testTimeout: 30_000,
    hookTimeout: 120_000,
    // What does not come is told by the test's own limit: a poll that gives up after vitest's one second goes by how busy the machine is.
    expect: { poll: { timeout: 25_000 } },
    server: { deps: { inline: [/@gprxy\//] } },
    projects: [
      {
        extends: true,
        // A worker loads the sources once for many files, which takes longer than most of these tests. So they leave nothing in the process.
        test: { name: 'packages', include: ['packages/*/src/**/*.test.ts'], isolate: false },
      },
      {
        extends: true,
        test: {
          name: 'whole',
          include: ['test/**/*.test.ts', 'scripts/**/*.test.ts'],
          exclude: ALONE,
          globalSetup: 'test/staged-once.ts',
        },
      },
      {
        extends: true,
        test: { name: 'alone', include: ALONE, maxWorkers: 1, sequence: { groupOrder: 1, sequencer: LongestFirst } },
      },
    ],
  },
});
