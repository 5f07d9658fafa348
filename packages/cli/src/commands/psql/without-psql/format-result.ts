/** One result as the server sent it, values as text. */
export interface StatementResult {
  readonly columns: ReadonlyArray<{ readonly name: string; readonly typeOid: number }>;
  readonly rows: ReadonlyArray<ReadonlyArray<string | null>>;
  /** The tag of CommandComplete: `SELECT 1`, `CREATE TABLE`. */
  readonly tag: string;
}

export interface TableFormat {
  /** psql -t: neither headings nor footers. */
  readonly tuplesOnly: boolean;
  /** False for psql -A: columns by `|`. */
  readonly aligned: boolean;
}

/** int8, int2, int4, oid, float4, float8, money, numeric and xid, which psql sets to the right. */
const numericTypes: ReadonlySet<number> = new Set([20, 21, 23, 26, 28, 700, 701, 790, 1700]);
const changesRows = /^(INSERT|UPDATE|DELETE|MERGE) /;

/** Prints as psql does: a table for rows, the command's tag for the rest. */
export function formatResult(result: StatementResult, format: TableFormat): readonly string[] {
  const tag = result.tag === '' || format.tuplesOnly ? [] : [result.tag];
  if (result.columns.length === 0) return tag;
  const table = format.aligned ? alignedTable(result, format) : unalignedTable(result, format);
  return changesRows.test(result.tag) ? [...table, ...tag] : table;
}

function unalignedTable({ columns, rows }: StatementResult, { tuplesOnly }: TableFormat): readonly string[] {
  const lines = rows.map((row) => row.map((value) => value ?? '').join('|'));
  return tuplesOnly ? lines : [columns.map(({ name }) => name).join('|'), ...lines, rowCount(rows.length)];
}

function alignedTable({ columns, rows }: StatementResult, { tuplesOnly }: TableFormat): readonly string[] {
  const names = columns.map(({ name }) => visible(name));
  const cells = rows.map((row) => row.map((value) => visible(value ?? '')));
  const widths = names.map((name, i) =>
    Math.max(tuplesOnly ? 0 : name.length, ...cells.map((row) => row[i]?.length ?? 0)),
  );
  // psql leaves no spaces after the last column's text.
  const widthIn = (row: readonly string[], i: number): number =>
    i === row.length - 1 && !numericTypes.has(columns[i]?.typeOid ?? 0) ? 0 : (widths[i] ?? 0);
  const body = cells.map((row) => line(row.map((cell, i) => pad(cell, widthIn(row, i), columns[i]?.typeOid))));
  if (tuplesOnly) return [...body, ''];
  const heading = `${line(names.map((name, i) => centre(name, widths[i] ?? 0)))} `;
  const rule = widths.map((width) => '-'.repeat(width + 2)).join('+');
  return [heading, rule, ...body, rowCount(rows.length), ''];
}

function line(cells: readonly string[]): string {
  return ` ${cells.join(' | ')}`;
}

function pad(cell: string, width = 0, typeOid = 0): string {
  return numericTypes.has(typeOid) ? cell.padStart(width) : cell.padEnd(width);
}

function centre(name: string, width: number): string {
  return name.padStart(name.length + Math.floor((width - name.length) / 2)).padEnd(width);
}

function rowCount(rows: number): string {
  return `(${rows} row${rows === 1 ? '' : 's'})`;
}

/** A table's cell is one line, and no value may steer the terminal. */
function visible(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, (control) =>
    control === '\n' ? '\\n' : `\\x${control.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}
