import { alignColumns } from './align-columns.ts';

type Row = readonly string[];

/**
 * Rows below their headings. On a terminal of too few columns each row is a block of its own instead: its first word that has a heading, with
 * those that have none before it, and below it a line for each other, `heading  word`.
 */
export function tableLines(headings: Row, rows: readonly Row[], columns: number | undefined): readonly string[] {
  const table = alignColumns([headings, ...rows]);
  if (columns === undefined || table.every((line) => line.length <= columns)) return table;
  return rows.flatMap((row, index) => (index === 0 ? blockOf(headings, row) : ['', ...blockOf(headings, row)]));
}

function blockOf(headings: Row, row: Row): readonly string[] {
  const cells = row
    .map((word, column) => ({ heading: headings[column] ?? '', word }))
    .filter(({ word }) => word !== '');
  const [title, ...below] = cells.filter(({ heading }) => heading !== '');
  const marks = cells.filter(({ heading }) => heading === '').map(({ word }) => `${word} `);
  return [
    `${marks.join('')}${title?.word ?? ''}`,
    ...alignColumns(below.map(({ heading, word }) => ['', heading.toLowerCase(), word])),
  ];
}
