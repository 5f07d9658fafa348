import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { expect, it, onTestFinished } from 'vitest';

it('leaves the packages behind symbolic links to be found when standard output is a pipe', () => {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'gprxy-streams-')));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  mkdirSync(join(directory, 'store'));
  for (const name of ['one.mjs', 'two.mjs']) writeFileSync(join(directory, 'store', name), 'export {};');
  symlinkSync(join(directory, 'store'), join(directory, 'link'));
  const built = join(directory, 'standard-streams.mjs');
  const source = join(import.meta.dirname, 'standard-streams.ts');
  buildSync({ entryPoints: [source], outfile: built, bundle: true, platform: 'node', format: 'esm' });
  // As an ES module of its own, since a loader such as tsx resolves by itself.
  const main = join(directory, 'main.mjs');
  writeFileSync(
    main,
    `import { standardOutput } from './standard-streams.mjs';
     import './link/one.mjs';
     standardOutput(process);
     console.log(import.meta.resolve('./link/two.mjs'));`,
  );
  const { stdout, stderr } = spawnSync(process.execPath, [main], { encoding: 'utf8' });
  expect(stdout.trim(), stderr).toBe(`file://${join(directory, 'store', 'two.mjs')}`);
});
