import { describe, expect, it } from 'vitest';
import { prodProfile, runInWorld } from '../../dependencies.testing.ts';
import { parseArguments } from '../../parse-arguments.testing.ts';

describe('doctor: arguments to options', () => {
  it.each([
    { args: [], env: {}, options: {} },
    { args: ['--json'], env: {}, options: { json: true } },
    { args: ['--profile', 'prod'], env: {}, options: { profile: 'prod' } },
    { args: [], env: { GPRXY_PROFILE: 'dev' }, options: { profile: 'dev' } },
  ])('reads $args with $env', async ({ args, env, options }) => {
    expect(await parseArguments(['doctor', ...args], env)).toEqual({ command: 'doctor', options });
  });

  it.each([[['--nonsense']], [['prod']]])('refuses %j with exit code 2', async (args) => {
    const { exitCode, stdout, stderr } = await runInWorld(['doctor', ...args], { config: prodProfile });
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain('Run "gprxy doctor --help".');
  });
});

describe('doctor: options to output', () => {
  it('ends with 3 and says how to begin where there is no configuration, and checks nothing that follows from it', async () => {
    const { exitCode, stdout, stderr } = await runInWorld(['doctor']);
    expect({ exitCode, stderr }).toEqual({ exitCode: 3, stderr: '' });
    expect(stdout).toMatch(/^problem {2}configuration {2}.*there are no profiles yet\n +Run "gprxy login --issuer/m);
    expect(stdout).toMatch(/^- +12 more +not checked: configuration comes first$/m);
    expect(stdout).toMatch(/^1 problem\.\n$/m);
  });

  it('gives each finding lines of its own on a narrow terminal', async () => {
    const { stdout } = await runInWorld(['doctor'], { tty: true, columns: 40, env: { NO_COLOR: '1', CI: '1' } });
    expect(stdout).toMatch(
      /^ok {7}node\n {2}version \S+\nproblem {2}configuration\n {2}\/.*no profiles yet\n {2}Run "gprxy login/m,
    );
  });

  it('prints versioned JSON', async () => {
    const { exitCode, stdout } = await runInWorld(['doctor', '--json']);
    expect(exitCode).toBe(3);
    const { checks, ...report } = JSON.parse(stdout);
    expect(report).toEqual({ version: 1, profile: null, healthy: false });
    expect(checks[1]).toEqual({
      name: 'configuration',
      verdict: 'problem',
      message: expect.stringContaining('there are no profiles yet'),
      detail: null,
      hint: expect.stringContaining('gprxy login'),
      code: 'ERR_CONFIG',
    });
  });

  it('names the line and the likely key', async () => {
    const config = prodProfile.replace('client_id', 'client_ID');
    const { exitCode, stdout, configFile } = await runInWorld(['doctor'], { config });
    expect(exitCode).toBe(3);
    expect(stdout).toContain(`${configFile}:4: unknown key "client_ID" in [profiles.prod]`);
    expect(stdout).toMatch(/did you mean "client_id"/i);
  });
});
