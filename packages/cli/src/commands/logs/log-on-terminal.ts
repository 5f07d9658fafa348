import type { ChalkInstance } from 'chalk';
import { wrapLines } from '../status/fit-lines.ts';

/** A record as people read it, broken between its fields where the terminal ends, with a colour for what is wrong. */
export function logOnTerminal(line: string, columns: number, { red, yellow, dim }: ChalkInstance): string {
  const paint: Readonly<Record<string, (text: string) => string>> = { error: red, warn: yellow, debug: dim };
  const [first = '', ...more] = wrapLines([line], columns);
  const painted = first.replace(/^(\d\d:\d\d:\d\d) (\w+)(?= )/, (whole, time: string, level: string) =>
    Object.hasOwn(paint, level) ? `${time} ${paint[level]?.(level)}` : whole,
  );
  return [painted, ...more].join('\n');
}
