import { expect, it } from 'vitest';
import { tableLines } from './table-lines.ts';

const headings = ['', 'PROFILE', 'UPSTREAM', 'STATE'];
const rows = [
  ['*', 'prod', 'gateway.corp.example:6432', 'listening'],
  ['', 'dev', '', 'cannot be used'],
];
const table = [
  '   PROFILE  UPSTREAM                   STATE',
  '*  prod     gateway.corp.example:6432  listening',
  '   dev                                 cannot be used',
];

it.each([undefined, 100, 53])('is a table where there is room for one: %s columns', (columns) => {
  expect(tableLines(headings, rows, columns)).toEqual(table);
});

it('is a block for each row on a narrow terminal', () => {
  expect(tableLines(headings, rows, 52)).toEqual([
    '* prod',
    '  upstream  gateway.corp.example:6432',
    '  state     listening',
    '',
    'dev',
    '  state  cannot be used',
  ]);
});
