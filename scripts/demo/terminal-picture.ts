const COLUMNS = 104;
const CELL = { width: 8.43, height: 19 };
const MARGIN = { x: 18, top: 52, bottom: 18 };
const FONT = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace";
const COLOURS: Readonly<Record<number, string>> = { 32: '#7ee787', 36: '#79c0ff', 90: '#8b949e' };

interface Style {
  bold: boolean;
  colour: string | undefined;
}

interface Span extends Style {
  text: string;
}

/** An SVG of a terminal that shows `transcript`, which may hold bold and coloured text (ECMA-48 SGR). */
export function terminalPicture(transcript: string, title: string): string {
  const lines = withoutBlankRuns(wrapped(spansOf(transcript.trimEnd())));
  const width = Math.ceil(COLUMNS * CELL.width + 2 * MARGIN.x);
  const height = MARGIN.top + lines.length * CELL.height + MARGIN.bottom;
  const dots = ['#ff5f56', '#ffbd2e', '#27c93f'].map(
    (fill, i) => `<circle cx="${22 + 20 * i}" cy="20" r="6" fill="${fill}"/>`,
  );
  const rows = lines.map((spans, row) => rowOf(spans, MARGIN.top + row * CELL.height));
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(title)} in a terminal">
<rect width="${width}" height="${height}" rx="10" fill="#0d1117"/>
${dots.join('')}
<text x="${width / 2}" y="25" text-anchor="middle" font-family="${FONT}" font-size="13" fill="#8b949e">${escaped(title)}</text>
<g font-family="${FONT}" font-size="14" fill="#e6edf3" xml:space="preserve">
${rows.filter((row) => row !== '').join('\n')}
</g>
</svg>
`;
}

function spansOf(transcript: string): Span[][] {
  const lines: Span[][] = [[]];
  let style: Style = { bold: false, colour: undefined };
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what an escape sequence begins with
  for (const [part, code] of transcript.matchAll(/\x1b\[(\d+)m|\n|[^\x1b\n]+/g)) {
    if (code !== undefined) style = changed(style, Number(code));
    else if (part === '\n') lines.push([]);
    else lines.at(-1)?.push({ ...style, text: part });
  }
  return lines;
}

function changed(style: Style, code: number): Style {
  if (code === 1) return { ...style, bold: true };
  if (code === 22) return { ...style, bold: false };
  return { ...style, colour: COLOURS[code] };
}

/** Breaks lines where a terminal of that width does. */
function wrapped(lines: readonly Span[][]): Span[][] {
  return lines.flatMap((line) => {
    const rows: Span[][] = [[]];
    let column = 0;
    for (const span of line) {
      for (let rest = span.text; rest !== ''; ) {
        if (column === COLUMNS) {
          rows.push([]);
          column = 0;
        }
        const text = rest.slice(0, COLUMNS - column);
        rows.at(-1)?.push({ ...span, text });
        column += text.length;
        rest = rest.slice(text.length);
      }
    }
    return rows;
  });
}

function withoutBlankRuns(lines: readonly Span[][]): Span[][] {
  const isBlank = (line: Span[] | undefined) => line === undefined || line.every(({ text }) => text.trim() === '');
  return lines.filter((line, index) => !(isBlank(line) && isBlank(lines[index - 1])));
}

/** Every span has its place, so that columns stand in line in whatever font is there. */
function rowOf(spans: readonly Span[], y: number): string {
  let column = 0;
  const parts = spans.map(({ text, bold, colour }) => {
    const x = (MARGIN.x + column * CELL.width).toFixed(1);
    const width = (text.length * CELL.width).toFixed(1);
    column += text.length;
    if (text.trim() === '') return '';
    const look = `${bold ? ' font-weight="bold"' : ''}${colour === undefined ? '' : ` fill="${colour}"`}`;
    return `<text x="${x}" y="${y}" textLength="${width}"${look}>${escaped(text)}</text>`;
  });
  return parts.join('');
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
