import fc from 'fast-check';
import { expect, it } from 'vitest';
import { firstLines, wrapLines } from './fit-lines.ts';

it.each([
  ['short enough', 20, ['short enough']],
  ['one two three four five', 20, ['one two three four', '  five']],
  ['  Set it where the command runs', 20, ['  Set it where the', '    command runs']],
  ['a'.repeat(45), 20, ['a'.repeat(20), `  ${'a'.repeat(18)}`, `  ${'a'.repeat(7)}`]],
  ['', 20, ['']],
])('wraps %j at %i', (line, columns, wrapped) => {
  expect(wrapLines([line], columns)).toEqual(wrapped);
});

it('loses no word, and makes no line too long', () => {
  fc.assert(
    fc.property(fc.array(fc.stringMatching(/^\w{1,30}$/)), fc.integer({ min: 32, max: 120 }), (words, columns) => {
      const wrapped = wrapLines([words.join(' ')], columns);
      expect(wrapped.every((line) => line.length <= columns)).toBe(true);
      expect(wrapped.join(' ').split(' ').filter(Boolean)).toEqual(words);
    }),
  );
});

it('says how much has no room', () => {
  expect(firstLines(['a', 'b'], 2)).toEqual(['a', 'b']);
  expect(firstLines(['a', 'b', 'c'], 2)).toEqual(['a', '... and 2 lines more: "gprxy status" shows all']);
});
