import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { runInWorld } from '../../dependencies.testing.ts';
import { ExitCode } from '../../exit-code.ts';
import { parseArguments } from '../../parse-arguments.testing.ts';
import { allCommands, commandsPage, helpOf } from './all-commands.testing.ts';
import { gprxyCallsIn } from './example-words.testing.ts';
import { helpTopics } from './help-topics.ts';

const packages = fileURLToPath(new URL('../../../../', import.meta.url));

describe.each(allCommands())('the help of gprxy $typed', ({ typed, command, examples }) => {
  it('says in short and in full what the command does', () => {
    expect(command.summary().length).toBeGreaterThan(8);
    expect(command.summary().length).toBeLessThanOrEqual(60);
    expect(command.summary()).toMatch(/^[a-z].*[^.]$/);
    expect(command.description()).toMatch(/^[A-Z][\s\S]{20,}\.$/);
  });

  it('describes every option and argument', () => {
    for (const option of command.options) expect(option.description, option.flags).not.toBe('');
    for (const argument of command.registeredArguments) expect(argument.description, argument.name()).not.toBe('');
  });

  it('has two examples at least, and the command line takes each', async () => {
    const calls = examples.filter((line) => !line.startsWith('#')).flatMap(gprxyCallsIn);
    expect(calls.length).toBeGreaterThanOrEqual(2);
    for (const words of calls) if (words[0] !== 'help') await parseArguments(words);
  });

  it('is no wider than a page', async () => {
    const help = await helpOf(typed);
    const tooWide = help.split('\n').filter((line) => line.length > 100 && !line.includes('https://'));
    expect(tooWide).toEqual([]);
  });

  it('is the same by "gprxy help"', async () => {
    const { exitCode, stdout } = await runInWorld(['help', ...typed.split(' ')], { columns: 80 });
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: await helpOf(typed) });
  });
});

describe('gprxy help', () => {
  it('is the main page, with every command, the topics and the exit codes', async () => {
    const { exitCode, stdout, stderr } = await runInWorld(['help']);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    for (const { command, typed } of allCommands().filter(({ typed }) => !typed.includes(' '))) {
      expect(stdout, typed).toContain(`  ${command.name()} `);
    }
    for (const { name } of helpTopics) expect(stdout).toContain(`  ${name} `);
    expect(stdout).toContain('4 login needed');
    expect(stdout.split('\n').filter((line) => line.length > 100)).toEqual([]);
  });

  it.each(helpTopics)('tells the topic $name', async ({ name, text }) => {
    expect(await runInWorld(['help', name])).toMatchObject({ exitCode: 0, stdout: `${text}\n`, stderr: '' });
    expect(text.split('\n').filter((line) => line.length > 100)).toEqual([]);
  });

  it('ends with 2 for what it does not know', async () => {
    const { exitCode, stdout, stderr } = await runInWorld(['help', 'profiles', 'ad']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain('gprxy: there is no command or topic "profiles ad"');
  });

  it('is what docs/commands.md shows: "npx vitest run packages/cli/src/commands/help -u" writes it anew', async () => {
    await expect(await commandsPage()).toMatchFileSnapshot(join(packages, '..', 'docs', 'commands.md'));
  });

  it('has every exit code there is', () => {
    const topic = helpTopics.find(({ name }) => name === 'exit-codes');
    const told = [...(topic?.text ?? '').matchAll(/^ +(\d+) /gm)].map(([, code]) => Number(code));
    expect(told).toEqual(Object.values(ExitCode).sort((a, b) => a - b));
  });

  it('has every variable that the code reads', async () => {
    const topic = helpTopics.find(({ name }) => name === 'environment')?.text ?? '';
    const read = await variablesRead(['cli', 'sidecar', 'credentials']);
    expect(read.filter((name) => !topic.includes(name))).toEqual([]);
  });

  it.each([
    { args: ['whomai'], says: 'Did you mean whoami?' },
    { args: ['profiles', 'shwo'], says: 'Did you mean show?' },
    { args: ['help', 'profiles', 'ad'], says: '(Did you mean profiles add?)' },
    { args: ['help', 'exitcodes'], says: '(Did you mean exit-codes?)' },
    { args: ['whoami', '--jsn'], says: 'Did you mean --json?' },
    { args: ['completion', 'fsh'], says: 'Allowed choices are bash, zsh, fish, powershell' },
  ])('is near where something is mistyped: $args', async ({ args, says }) => {
    const { exitCode, stderr } = await runInWorld(args);
    expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: expect.stringContaining(says) });
    expect(stderr).toMatch(/Run "gprxy .*(help|--help)"\./);
  });
});

async function variablesRead(names: readonly string[]): Promise<readonly string[]> {
  const found = new Set<string>();
  for (const name of names) {
    const folder = join(packages, name, 'src');
    for (const file of await readdir(folder, { recursive: true })) {
      if (!file.endsWith('.ts') || /\.(test|testing)\.ts$/.test(file)) continue;
      const text = await readFile(join(folder, file), 'utf8');
      for (const [, variable] of text.matchAll(/\benv\.([A-Z][A-Z0-9_]+)\b/g)) found.add(variable as string);
    }
  }
  return [...found];
}
