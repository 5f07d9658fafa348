/** Lines broken at blanks, so that each has room in `columns`; what goes on is a little further in. */
export function wrapLines(lines: readonly string[], columns: number): readonly string[] {
  return lines.flatMap((line) => wrap(line, Math.max(columns, 20)));
}

function wrap(line: string, columns: number): readonly string[] {
  const indent = `${/^ */.exec(line)?.[0] ?? ''}  `;
  const wrapped: string[] = [];
  let rest = line;
  while (rest.length > columns) {
    const blank = rest.lastIndexOf(' ', columns);
    // A word that is longer than the line has to be cut.
    const end = blank > indent.length ? blank : columns;
    wrapped.push(rest.slice(0, end).trimEnd());
    rest = `${indent}${rest.slice(end).trimStart()}`;
  }
  return [...wrapped, rest];
}

/** As many as `rows` have room for, the last one saying how many are missing. */
export function firstLines(lines: readonly string[], rows: number): readonly string[] {
  if (lines.length <= rows) return lines;
  const shown = Math.max(rows - 1, 0);
  return [...lines.slice(0, shown), `... and ${lines.length - shown} lines more: "gprxy status" shows all`];
}
