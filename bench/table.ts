/** A table as plain text, columns as wide as they need to be. The first column is text, the others are figures. */
export function formatTable(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = columns.map((column, index) =>
    Math.max(column.length, ...rows.map((row) => (row[index] ?? '').length)),
  );
  const line = (cells: readonly string[]) =>
    widths
      .map((width, index) => (index === 0 ? (cells[index] ?? '').padEnd(width) : (cells[index] ?? '').padStart(width)))
      .join('  ')
      .trimEnd();
  const rule = widths.map((width) => '-'.repeat(width));
  return `${[columns, rule, ...rows].map(line).join('\n')}\n`;
}

/** Three significant digits, as more would only show noise. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return '-';
  const digits = Math.abs(value) >= 100 || value === 0 ? 0 : 2 - Math.floor(Math.log10(Math.abs(value)));
  return Math.abs(value) >= 1_000
    ? Math.round(Number(value.toPrecision(3))).toLocaleString('en')
    : value.toFixed(Math.min(Math.max(digits, 0), 2));
}
