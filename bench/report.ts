import type { PartResult } from './part.ts';
import { difference, pairwise, ratio, type Summary, summarize } from './statistics.ts';
import { formatNumber, formatTable } from './table.ts';

export interface ContenderReport {
  readonly name: string;
  /** One line: what it does with the bytes, so that nobody compares what cannot be compared. */
  readonly does: string;
  /** What PostgreSQL says of the connection behind it. */
  readonly tls?: string;
  /** Why it did not take part. */
  readonly leftOut?: string;
}

/** What is asked of us: at least, or at most, so many times what somebody else does in the same round, or at most so much more. */
export interface Bar {
  readonly ours: string;
  /** Ours again where nobody is compared. */
  readonly than: string;
  readonly atLeastTimes?: number;
  readonly atMostTimes?: number;
  readonly atMostMore?: number;
  /** Of ours alone. */
  readonly atMost?: number;
}

export interface MeasuredRow {
  readonly title: string;
  readonly unit: string;
  /** How the others are shown: as a multiple of the baseline, as what they add to it, or as they are. */
  readonly show: 'ratio' | 'added' | 'absolute';
  /** By contender, one value a round, in the order of the rounds. */
  readonly values: Readonly<Record<string, readonly number[]>>;
  readonly bars: readonly Bar[];
}

/** The table, how to read it, and which of the bars are met (`judged`). */
export function formatPart({ part, baseline, contenders, rows }: PartResult, { judged }: { judged: boolean }): string {
  const present = contenders.filter(({ leftOut }) => leftOut === undefined).map(({ name }) => name);
  const cells = rows.map((row) => [
    `${row.title}, ${row.unit}`,
    ...present.map((name) => formatCell(row, name, baseline)),
  ]);
  const how = `Medians with [least-most] of the rounds. x: times ${baseline} in the same round; +: more than it.`;
  const legend = contenders.map(({ name, does, tls, leftOut }) => `${name}: ${leftOut ?? [does, tls].join(' ')}`);
  const bars = rows.flatMap((row) => row.bars.map((bar) => formatBar(row, bar))).filter((line) => line !== undefined);
  return [
    formatTable([part, ...present], cells),
    `${[how, ...legend].join('\n')}\n`,
    ...(judged && bars.length > 0 ? [formatTable(['bar', 'asked', 'found', ''], bars)] : []),
  ].join('\n');
}

function formatCell(row: MeasuredRow, name: string, baseline: string): string {
  const values = row.values[name];
  if (values === undefined) return '-';
  const base = row.values[baseline];
  if (row.show === 'absolute' || name === baseline || base === undefined) return withSpread(summarize(values));
  if (row.show === 'ratio') return withSpread(pairwise(values, base, ratio), 'x');
  return withSpread(pairwise(values, base, difference), '+');
}

function withSpread({ median, least, most }: Summary, sign: 'x' | '+' | '' = ''): string {
  const text = formatNumber(median);
  const shown = sign === 'x' ? `${text}x` : sign === '+' && median >= 0 ? `+${text}` : text;
  return least === most ? shown : `${shown} [${formatNumber(least)}-${formatNumber(most)}]`;
}

function formatBar({ title, unit, values }: MeasuredRow, bar: Bar): string[] | undefined {
  const [ours, theirs] = [values[bar.ours], values[bar.than]];
  if (ours === undefined || theirs === undefined) return undefined;
  const { atLeastTimes, atMostTimes, atMostMore, atMost = Number.POSITIVE_INFINITY } = bar;
  const line = (than: string, asked: string, { median }: Summary, met: boolean) => [
    `${title}, ${bar.ours}${than}`,
    asked,
    formatNumber(median),
    met ? 'met' : 'SHORT',
  ];
  if (atLeastTimes !== undefined) {
    const found = pairwise(ours, theirs, ratio);
    return line(` / ${bar.than}`, `>= ${atLeastTimes}`, found, found.median >= atLeastTimes);
  }
  if (atMostTimes !== undefined) {
    const found = pairwise(ours, theirs, ratio);
    return line(` / ${bar.than}`, `<= ${atMostTimes}`, found, found.median <= atMostTimes);
  }
  if (atMostMore !== undefined) {
    const found = pairwise(ours, theirs, difference);
    return line(` - ${bar.than}`, `<= ${atMostMore} ${unit}`, found, found.median <= atMostMore);
  }
  const found = summarize(ours);
  return line('', `<= ${atMost} ${unit}`, found, found.median <= atMost);
}
