import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

// Packages are tested from their sources ("source" in their exports), so that a test never sees a stale build. Not "module", which is
// for bundlers: what packages serve by it Node cannot load.
export default defineConfig({
  ssr: { resolve: { conditions: ['source', 'node', 'default'], externalConditions: ['source', 'node'] } },
  test: {
    include: ['packages/*/src/**/*.test.ts', 'test/**/*.test.ts', 'scripts/**/*.test.ts'],
    // Most tests wait for servers: one worker less than there are cores, which is the default, would leave one idle.
    maxWorkers: Math.max(2, availableParallelism()),
    testTimeout: 30_000,
    hookTimeout: 120_000,
    server: { deps: { inline: [/@gprxy\//] } },
  },
});
