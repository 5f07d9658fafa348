import { Chalk } from 'chalk';
import { expect, it } from 'vitest';
import { logOnTerminal } from './log-on-terminal.ts';

const colours = new Chalk({ level: 1 });

it('breaks between fields, so that ids stay whole, and marks what is wrong', () => {
  const line = '14:22:51 warn refused profile=staging session=718dc962-daa2-4253-aaf5-03af413ead5c error="not set"';
  expect(logOnTerminal(line, 60, colours).split('\n')).toEqual([
    `14:22:51 ${colours.yellow('warn')} refused profile=staging`,
    '  session=718dc962-daa2-4253-aaf5-03af413ead5c error="not',
    '  set"',
  ]);
});

it('leaves what is no record as it is', () => {
  expect(logOnTerminal('a warn word', 60, colours)).toBe('a warn word');
});
