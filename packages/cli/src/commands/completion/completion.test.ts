import { describe, expect, it } from 'vitest';
import { prodProfile, runInWorld } from '../../dependencies.testing.ts';
import { parseArguments } from '../../parse-arguments.testing.ts';
import { shells } from './shells.ts';

const twoProfiles = `${prodProfile}${prodProfile.replace('prod', 'staging').replace('5433', '5434')}`;

describe('completion: arguments to options', () => {
  it.each(shells)('reads %s', async (shell) => {
    expect(await parseArguments(['completion', shell])).toEqual({ command: 'completion', options: shell });
  });

  it.each([
    { args: [], says: "missing required argument 'shell'" },
    { args: ['csh'], says: 'Allowed choices are bash, zsh, fish, powershell' },
  ])('refuses $args', async ({ args, says }) => {
    const { exitCode, stdout, stderr } = await runInWorld(['completion', ...args]);
    expect({ exitCode, stdout, stderr }).toEqual({ exitCode: 2, stdout: '', stderr: expect.stringContaining(says) });
  });
});

describe('completion: options to output', () => {
  it.each(shells)('prints the script of %s, and nothing else', async (shell) => {
    const { exitCode, stdout, stderr } = await runInWorld(['completion', shell]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toContain(`gprxy __complete ${shell} "=`);
    expect(stdout).not.toMatch(/\beval\b|Invoke-Expression/);
  });

  it('tells in its help how each shell is to read it', async () => {
    const { stdout } = await runInWorld(['completion', '--help']);
    for (const shell of shells) expect(stdout).toContain(`gprxy completion ${shell}`);
  });
});

describe('what may stand at the cursor', () => {
  /** The values after `gprxy ` and the line, of which the last word is not finished. */
  async function valuesFor(line: string, shell = 'fish'): Promise<readonly string[]> {
    const words = line.split(' ');
    const args = ['__complete', shell, `=${words.at(-1)}`, ...words.slice(0, -1)];
    const { exitCode, stdout, stderr } = await runInWorld(args, { config: twoProfiles });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    return stdout
      .split('\n')
      .slice(0, -1)
      .map((row) => row.split('\t', 1)[0] ?? '');
  }

  it.each([
    { line: 'logi', values: ['login'] },
    { line: 'profiles ', values: ['list', 'show', 'add', 'use', 'remove'] },
    { line: 'profiles use ', values: ['prod', 'staging'] },
    { line: 'profiles remove s', values: ['staging'] },
    { line: 'profiles add ', values: [] },
    { line: 'help who', values: ['whoami'] },
    { line: 'help env', values: ['environment'] },
    { line: 'help profiles a', values: ['add'] },
    { line: 'help whoami ', values: [] },
    { line: 'whoami --profile ', values: ['prod', 'staging'] },
    { line: 'whoami --profile=st', values: ['--profile=staging'] },
    { line: 'whoami --j', values: ['--json'] },
    { line: 'psql --profile prod --pro', values: ['--profile'] },
    { line: 'dsn --for js', values: [] },
    { line: 'dsn --for u', values: ['uri'] },
    { line: 'dsn sales --for=u', values: ['--for=uri'] },
    { line: 'completion f', values: ['fish'] },
    { line: 'profiles add x --provider k', values: ['keycloak'] },
    { line: 'profiles add x --login-on-connect ', values: ['off', 'notice', 'browser'] },
    { line: 'profiles add x --ca-file ', values: [':files'] },
    { line: 'psql sa', values: ['sales'] },
    { line: 'dsn --for uri ', values: ['sales'] },
    { line: 'psql sales -f ', values: [':files'] },
    { line: 'exec -- ls ', values: [':files'] },
    { line: 'nonsense --wha', values: [] },
    { line: '__', values: [] },
  ])('gprxy $line', async ({ line, values }) => {
    expect(await valuesFor(line)).toEqual(values);
  });

  it('has a description beside each, as the shell wants it', async () => {
    const { stdout: fish } = await runInWorld(['__complete', 'fish', '=whoa']);
    expect(fish).toBe('whoami\twho is signed in, and until when\n');
    const { stdout: zsh } = await runInWorld(['__complete', 'zsh', '=whoa']);
    expect(zsh).toBe('whoami:who is signed in, and until when\n');
  });

  it.each([
    { words: ['=u', 'dsn', '--for', '='], values: 'uri\n' },
    { words: ['==', 'whoami', '--profile'], values: 'prod\nstaging\n' },
    { words: ['=s', 'profiles', 'add', 'x', '--listen', '127.0.0.1', ':', '5433', '--profile', '='], values: '' },
  ])('puts together what bash breaks: $words', async ({ words, values }) => {
    const { stdout } = await runInWorld(['__complete', 'bash', ...words], { config: twoProfiles });
    expect(stdout).toBe(values);
  });

  it('is nothing, without a word, where the file is broken', async () => {
    const result = await runInWorld(['__complete', 'zsh', '=', 'profiles', 'use'], { config: 'profiles = "' });
    expect(result).toMatchObject({ exitCode: 0, stdout: '', stderr: '' });
  });

  it('is not in the help', async () => {
    expect((await runInWorld(['--help'])).stdout).not.toContain('__complete');
  });
});
