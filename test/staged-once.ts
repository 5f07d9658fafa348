import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';

// Inside the package, so that what is not bundled is found where npm puts it.
const parent = fileURLToPath(new URL('../packages/cli/node_modules/', import.meta.url));
let directory: string;

/** One directory for what `installGprxy` makes: bundling takes two seconds of a core, and a third of the files here need it. */
export async function setup(project: TestProject): Promise<void> {
  directory = await mkdtemp(join(parent, '.staged-'));
  process.env.GPRXY_TEST_STAGED = directory;
  // In watch mode the sources have changed.
  project.onTestsRerun(async () => {
    for (const name of await readdir(directory)) await rm(join(directory, name), { recursive: true });
  });
}

export async function teardown(): Promise<void> {
  await rm(directory, { recursive: true, force: true });
}
