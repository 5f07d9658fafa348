/** Where data goes: standard output. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
}

/** Standard output or standard error. Data goes to the first, prose to the second. */
export type Terminal = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };

export interface Environment {
  readonly [name: string]: string | undefined;
}

/** https://no-color.org: any value but the empty one switches colours off. */
export function wantsColour(terminal: Output, env: Environment): boolean {
  return terminal.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb';
}

/** Whether we may redraw a line: a spinner in a log file is noise, and ora never ends on a terminal of no width. */
export function isInteractive(terminal: Output, env: Environment): boolean {
  return terminal.isTTY === true && terminal.columns !== 0 && env.TERM !== 'dumb' && !env.CI;
}

/** How wide lines may be; undefined where no terminal breaks them. */
export function lineWidth({ isTTY, columns }: Output): number | undefined {
  return isTTY && columns ? columns : undefined;
}
