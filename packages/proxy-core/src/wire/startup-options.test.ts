import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyName, anyText, expectNoOtherError } from '../arbitraries.testing.ts';
import { encodeOptions, parseOptions } from './startup-options.ts';

describe('parseOptions', () => {
  it.each<[string, Array<[string, string]>]>([
    ['', []],
    [' \t\n\v\f\r ', []],
    ['-c geqo=off', [['geqo', 'off']]],
    ['-cgeqo=off', [['geqo', 'off']]],
    ['--geqo=off', [['geqo', 'off']]],
    ['  -c   geqo=off  ', [['geqo', 'off']]],
    [
      '-c\tgeqo=off\n--work_mem=1MB',
      [
        ['geqo', 'off'],
        ['work_mem', '1MB'],
      ],
    ],
    [
      '-c geqo=off -c geqo=on',
      [
        ['geqo', 'off'],
        ['geqo', 'on'],
      ],
    ],
    ['--statement-timeout=5s', [['statement_timeout', '5s']]],
    ['-c statement-timeout=5-s', [['statement_timeout', '5-s']]],
    ['-c app.user_id=7', [['app.user_id', '7']]],
    ['-c a=', [['a', '']]],
    ['-c a==b=c', [['a', '=b=c']]],
    ['-c -d=5', [['_d', '5']]],
    ['-c search_path=a,\\ b', [['search_path', 'a, b']]],
    ['-c a=\\\\b', [['a', '\\b']]],
    ['-c a=\\b', [['a', 'b']]],
    ['-c a=b\\', [['a', 'b']]],
    ['-c a=b\\ -c', [['a', 'b -c']]],
    ['\\-c a=b', [['a', 'b']]],
    ['-c größe=ä\u00a0ö', [['größe', 'ä\u00a0ö']]],
  ])('reads %j', (options, expected) => {
    expect(parseOptions(options)).toEqual(expected);
  });

  it.each([
    ['-c=', '-c requires a parameter name'],
    ['-c =', '-c requires a parameter name'],
    ['-c', '-c requires a parameter name'],
    ['-c a=b -c', '-c requires a parameter name'],
    ['--', '-- requires a parameter name'],
    ['--=x', '-- requires a parameter name'],
    ['-c \\', '-c requires a parameter name'],
    ['-c geqo', '-c geqo requires a value'],
    ['--geqo', '--geqo requires a value'],
    ['-', '"-" is not a switch'],
    ['geqo=off', '"geqo=off" is not a switch'],
    ['-c a=b c', '"c" is not a switch'],
    ['\\', '"" is not a switch'],
  ])('refuses %j', (options, reason) => {
    expect(() => parseOptions(options)).toThrow(
      expect.objectContaining({
        code: 'ERR_STARTUP_OPTIONS',
        sqlState: '42601',
        message: `invalid startup parameter "options": ${reason}`,
      }),
    );
  });

  it.each([
    ['-d 5', '-d'],
    ['-B 100', '-B'],
    ['-bc a=b', '-b'],
    ['-e', '-e'],
    ['-c a=b -F', '-F'],
  ])('refuses another switch by its name: %j', (options, name) => {
    expect(() => parseOptions(options)).toThrow(
      expect.objectContaining({ sqlState: '0A000', message: expect.stringContaining(`the switch "${name}"`) }),
    );
  });

  it('answers any text with settings or an error', () => {
    const word = fc.constantFrom('-c', '--', '-', '=', ' ', '\\', 'a', '-d', '\n');
    const options = fc.oneof(
      anyText,
      fc.array(word).map((words) => words.join('')),
    );
    fc.assert(fc.property(options, (text) => expectNoOtherError(() => parseOptions(text))));
  });
});

describe('encodeOptions', () => {
  it('escapes what the server would split at', () => {
    expect(
      encodeOptions([
        ['search_path', 'a, b'],
        ['app.path', 'c:\\x'],
      ]),
    ).toBe('-c search_path=a,\\ b -c app.path=c:\\\\x');
    expect(encodeOptions([])).toBe('');
  });

  it('is the inverse of parseOptions', () => {
    const name = anyName.filter((text) => !/[=-]/.test(text));
    const space = fc.constantFrom(' ', '\t', '\n', '\v', '\f', '\r', '\\', '=', '-', 'x');
    const value = fc.oneof(
      anyText,
      fc.array(space).map((characters) => characters.join('')),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value)), (settings) => {
        expect(parseOptions(encodeOptions(settings))).toEqual(settings);
      }),
    );
  });

  it.each(['', 'a=b', 'a-b'])('refuses the name %j, which would come back as another', (name) => {
    expect(() => encodeOptions([[name, 'x']])).toThrow(expect.objectContaining({ code: 'ERR_STARTUP_OPTIONS' }));
  });
});
