import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { defineGetToken, type GetTokenOptions } from './get-token-command.ts';
import { ENVIRONMENT_OF_GET_TOKEN, plainGetToken } from './plain-get-token.ts';

async function byCommander(args: readonly string[]): Promise<GetTokenOptions | undefined> {
  const program = new Command();
  let found: GetTokenOptions | undefined;
  defineGetToken(program, async (options) => {
    found = options;
  });
  await program.parseAsync([...args], { from: 'user' });
  return found;
}

describe('the short way to get-token', () => {
  it.each([[['get-token']], [['get-token', '--profile', 'dev']]])('means what the long way means: %s', async (args) => {
    expect(plainGetToken(args, {})).toEqual(await byCommander(args));
  });

  it('takes the profile of the environment', () => {
    expect(plainGetToken(['get-token'], { GPRXY_PROFILE: 'dev' })).toEqual({ format: 'raw', profile: 'dev' });
    expect(plainGetToken(['get-token', '--profile', 'prod'], { GPRXY_PROFILE: 'dev' })).toMatchObject({
      profile: 'prod',
    });
  });

  it.each([
    [[]],
    [['login']],
    [['get-token', '--help']],
    [['get-token', 'dev']],
    [['get-token', '--profile']],
    [['get-token', '--profile', '']],
    [['get-token', '--profile', '--help']],
    [['get-token', '--profile', 'dev', '--format', 'json']],
    [['get-token', '--format', 'json']],
  ])('is not for %s', (args) => {
    expect(plainGetToken(args, {})).toBeUndefined();
  });

  it('knows every option that the environment can set', () => {
    const program = new Command();
    defineGetToken(program, async () => {});
    const options = program.commands[0]?.options.map(({ long }) => long?.slice(2).replaceAll('-', '_').toUpperCase());
    expect(options?.map((name) => `GPRXY_${name}`).filter((name) => name !== 'GPRXY_PROFILE')).toEqual([
      ...ENVIRONMENT_OF_GET_TOKEN,
    ]);
    for (const name of ENVIRONMENT_OF_GET_TOKEN)
      expect(plainGetToken(['get-token'], { [name]: 'anything' })).toBeUndefined();
  });
});
