import { describe, expect, it } from 'vitest';
import { formatResult, type StatementResult } from './format-result.ts';

const people: StatementResult = {
  columns: [
    { name: 'name', typeOid: 25 },
    { name: 'n', typeOid: 23 },
  ],
  rows: [
    ['alice', '1'],
    [null, '23'],
  ],
  tag: 'SELECT 2',
};

describe('a result as psql prints it', () => {
  it('aligns text to the left and numbers to the right', () => {
    expect(formatResult(people, { aligned: true, tuplesOnly: false })).toEqual([
      ' name  | n  ',
      '-------+----',
      ' alice |  1',
      '       | 23',
      '(2 rows)',
      '',
    ]);
  });

  it.each([
    { format: { aligned: false, tuplesOnly: true }, lines: ['alice|1', '|23'] },
    { format: { aligned: false, tuplesOnly: false }, lines: ['name|n', 'alice|1', '|23', '(2 rows)'] },
    { format: { aligned: true, tuplesOnly: true }, lines: [' alice |  1', '       | 23', ''] },
  ])('follows $format', ({ format, lines }) => {
    expect(formatResult(people, format)).toEqual(lines);
  });

  it('prints the tag of what returns no rows', () => {
    const result = { columns: [], rows: [], tag: 'CREATE TABLE' };
    expect(formatResult(result, { aligned: true, tuplesOnly: false })).toEqual(['CREATE TABLE']);
  });

  it('prints table and tag of INSERT ... RETURNING', () => {
    const result = { ...people, rows: [], tag: 'INSERT 0 0' };
    const format = { aligned: true, tuplesOnly: false };
    expect(formatResult(result, format).slice(-3)).toEqual(['(0 rows)', '', 'INSERT 0 0']);
  });

  it('lets no value steer the terminal', () => {
    const result = { ...people, rows: [['a\u001B[2J\nb', '1']] };
    expect(formatResult(result, { aligned: false, tuplesOnly: true })).toEqual(['a\u001B[2J\nb|1']);
    expect(formatResult(result, { aligned: true, tuplesOnly: true })[0]).toBe(' a\\x1B[2J\\nb | 1');
  });
});
