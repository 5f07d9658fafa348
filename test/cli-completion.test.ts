import { execFile } from 'node:child_process';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { has } from '@gprxy/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type InstalledGprxy, installGprxy, Shell } from './gprxy-shell.testing.ts';
import { Terminal } from './terminal.testing.ts';

const run = promisify(execFile);
const profile = (name: string) =>
  `[profiles.${name}]\nissuer = "https://login.example"\nclient_id = "cli-of-${name}"\nupstream = "postgresql://gw.example"\n`;

let gprxy: InstalledGprxy;
let shell: Shell;
let env: Record<string, string>;

// A home with two profiles, and gprxy on the PATH as npm puts it there.
beforeAll(async () => {
  gprxy = await installGprxy();
  shell = await Shell.open(gprxy);
  const bin = join(shell.home, 'bin');
  const config = join(shell.home, 'config', 'gprxy');
  await Promise.all([bin, config].map((path) => mkdir(path, { recursive: true })));
  await writeFile(join(bin, 'gprxy'), `#!/bin/sh\nexec "${process.execPath}" "${gprxy.bin}" "$@"\n`);
  await chmod(join(bin, 'gprxy'), 0o755);
  await writeFile(join(config, 'config.toml'), `${profile('prod')}${profile('staging')}`);
  env = { ...shell.env, PATH: `${bin}:${process.env.PATH}`, PS1: 'ready> ' };
});
afterAll(async () => {
  await shell[Symbol.asyncDispose]();
  await gprxy[Symbol.asyncDispose]();
});

const interactive = [
  { name: 'bash', start: 'bash --norc --noprofile -i', isHere: has.terminal, load: 'source <(gprxy completion bash)' },
  {
    name: 'zsh',
    start: 'zsh -f -i',
    isHere: has.terminal && has.zsh,
    load: 'autoload -Uz compinit; compinit -u -D; source <(gprxy completion zsh)',
  },
];

describe.each(interactive)('the Tab key in $name', ({ start, load, isHere }) => {
  it.runIf(isHere)('completes a profile, an option and its value, and the command runs', async () => {
    await using terminal = new Terminal(start, env, shell.home);
    await terminal.shows(/ready> /);
    terminal.type(`${load}; echo lo''aded\n`);
    await terminal.shows(/loaded[\s\S]*ready> /);
    terminal.type('gprxy profiles sh\tsta\t\n');
    await terminal.shows(/cli-of-staging/);
    await terminal.shows(/ready> /);
    terminal.type('gprxy compl\tpow\t\n');
    await terminal.shows(/Register-ArgumentCompleter/);
    await terminal.shows(/ready> /);
    terminal.type('gprxy profiles show --js\tprod\n');
    await terminal.shows(/"version": 1/);
    terminal.type('exit\n');
  });
});

it.runIf(has.terminal)('takes the part behind "=" in bash, which breaks words there', async () => {
  await using terminal = new Terminal('bash --norc --noprofile -i', env, shell.home);
  await terminal.shows(/ready> /);
  terminal.type("source <(gprxy completion bash); echo lo''aded\n");
  await terminal.shows(/loaded[\s\S]*ready> /);
  terminal.type('gprxy whoami --profile=sta\t\n');
  await terminal.shows(/--profile=staging/);
  terminal.type('exit\n');
});

describe.runIf(has.fish)('the Tab key in fish', () => {
  async function completions(line: string): Promise<readonly string[]> {
    const script = 'gprxy completion fish | source; complete -C "$argv[1]"';
    const { stdout } = await run('fish', ['--no-config', '-c', script, line], { env, cwd: shell.home });
    return stdout.split('\n').slice(0, -1);
  }

  it.each([
    { line: 'gprxy profiles show ', rows: ['prod\tprofile', 'staging\tprofile'] },
    { line: 'gprxy whoa', rows: ['whoami\twho is signed in, and until when'] },
    { line: 'gprxy dsn --for=ur', rows: ['--for=uri'] },
    { line: 'gprxy profiles add x --ca-file ./bi', rows: ['./bin/'] },
    { line: 'gprxy profiles add x; gprxy profiles use pr', rows: ['prod\tprofile'] },
  ])('completes "$line"', async ({ line, rows }) => {
    expect(await completions(line)).toEqual(rows);
  });

  it('runs nothing of what stands on the line', async () => {
    await completions("gprxy whoami (touch touched) '$(touch touched)' --pro");
    await expect(run('ls', ['touched'], { cwd: shell.home })).rejects.toThrow();
  });
});
