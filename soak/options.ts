import { parseArgs } from 'node:util';

export const USAGE = `npm run soak -- [OPTIONS]
  --minutes N    how long a day takes (default 10; fractions are allowed)
  --clients N    clients at a time (default 8)
  --json         the result as JSON on stdout instead of the table
`;

export interface SoakOptions {
  readonly minutes: number;
  readonly clients: number;
  readonly json: boolean;
}

/** Throws TypeError, with what is wrong, for options that do not exist and for numbers that are none. */
export function parseOptions(args: readonly string[]): SoakOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      minutes: { type: 'string', default: '10' },
      clients: { type: 'string', default: '8' },
      json: { type: 'boolean', default: false },
    },
  });
  return {
    minutes: positive('minutes', values.minutes),
    clients: positive('clients', values.clients),
    json: values.json,
  };
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (/^\d{1,4}(\.\d+)?$/.test(text) && value > 0) return value;
  throw new TypeError(`--${name} must be a number greater than 0, not "${text}"`);
}
