import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort, type TemporaryDirectory, temporaryDirectory } from '@gprxy/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runLine } from './transcripts/run-line.testing.ts';
import { environmentOf, startWorld, type World } from './transcripts/world.testing.ts';

const readme = fileURLToPath(new URL('../README.md', import.meta.url));

let world: World;
let home: TemporaryDirectory;
beforeAll(async () => {
  [world, home] = await Promise.all([startWorld(), temporaryDirectory({ prefix: 'gt-' })]);
});
afterAll(async () => {
  await type('gprxy stop');
  await home?.remove();
  await world?.[Symbol.asyncDispose]();
});

function type(line: string) {
  return runLine(line, {
    env: { ...environmentOf(home.path, world), GPRXY_STATE_DIR: join(home.path, 'state') },
    cwd: home.path,
    onPrompt: (uri) => world.stack.provider.approve(uri, 'alice'),
  });
}

/** The commands of the first block below the heading; a line that ends in a backslash goes on in the next. */
function commandsOf(section: string): readonly string[] {
  const [, block = ''] = /^```\n(.*?)^```$/ms.exec(section) ?? [];
  return block
    .trimEnd()
    .replaceAll(/\\\n */g, '')
    .split('\n');
}

it('the quick start of the README works to the letter, with what it says of machines without a keychain and of private authorities', async () => {
  const [, section = ''] =
    /^## Quick start with your own provider and gateway\n(.*?)^## /ms.exec(await readFile(readme, 'utf8')) ?? [];
  expect(section).toContain('`--insecure-storage`');
  expect(section).toContain('?sslrootcert=');
  const { stack } = world;
  const port = await freePort();
  const here = (line: string) =>
    line
      .replace('https://login.corp.example', stack.provider.issuer)
      .replace('gateway.corp.example:6432/sales', `localhost:${stack.gateway.port}/sales?sslrootcert=${stack.caFile}`)
      // The one thing that a test may not take for itself.
      .replace(/^gprxy login .*/, `$& --insecure-storage --listen 127.0.0.1:${port}`)
      .replace('-p 5433', `-p ${port}`);
  const [install, ...commands] = commandsOf(section);
  expect(install).toBe('npm install -g gprxy');
  expect(commands).toHaveLength(3);
  for (const line of commands) {
    const last = line === commands.at(-1);
    const { exitCode, stdout, stderr } = await type(last ? `${here(line)} -Atc 'select session_user'` : here(line));
    expect(exitCode, `${line}\n${stderr}`).toBe(0);
    if (last) expect(stdout).toBe('alice@corp.example\n');
  }
});
