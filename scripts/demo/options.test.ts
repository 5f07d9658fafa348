import { describe, expect, it } from 'vitest';
import { readOptions } from './options.ts';

describe('the options of the demo', () => {
  it.each([
    { args: [], env: {}, options: { interactive: false, keep: false } },
    { args: ['--keep'], env: {}, options: { interactive: false, keep: true } },
    { args: ['--interactive', '--keep'], env: {}, options: { interactive: true, keep: true } },
    { args: [], env: { npm_config_keep: 'true' }, options: { interactive: false, keep: true } },
  ])('are read from $args and, where npm has kept them to itself, from $env', ({ args, env, options }) => {
    expect(readOptions(args, env)).toEqual({ options });
  });

  it.each([
    { flag: '--kepe', says: 'The demo has no "--kepe"; did you mean --keep?' },
    { flag: 'interactive', says: 'did you mean --interactive?' },
    { flag: '--version', says: 'The demo has no "--version".' },
  ])('that do not exist are named, with the ones that do: $flag', ({ flag, says }) => {
    const read = readOptions(['--keep', flag], {});
    expect(read).toEqual({ exitCode: 2, text: expect.stringContaining(says) });
    for (const known of ['--interactive', '--keep', '--help'])
      expect(read).toHaveProperty('text', expect.stringContaining(`  ${known}`));
  });

  it('are told when asked for', () => {
    expect(readOptions(['--help'], {})).toEqual({ exitCode: 0, text: expect.stringContaining('--interactive') });
  });
});
