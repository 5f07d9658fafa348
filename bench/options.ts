import { parseArgs } from 'node:util';

export const USAGE = `npm run bench -- [PART...] [OPTIONS]
  PART                 cli, connect, idle, relay (default: every part)
  --rounds N           rounds of each measurement (default 5, for 1 GiB and 9,900 sessions at most 3; a round of cli is eight starts)
  --seconds N          length of one pgbench run (default 1)
  --mib N,N            sizes of the bulk transfers in MiB (default 1,64,1024)
  --only NAME,NAME     contenders to run beside the direct connection: sidecar, sidecar/unix, sidecar+gateway,
                       gateway, "bare node", pgbouncer, "pgbouncer tls", stunnel, haproxy;
                       connect also: sidecar/warm, "pgbouncer tls scram"
  --json               the results as JSON on stdout instead of the table
  --cpu-prof DIR       write a CPU profile of the sidecar into DIR
  --smoke              the shortest run that touches everything: one round, few transactions, 1 MiB
`;

export interface BenchOptions {
  readonly parts: readonly string[];
  readonly rounds: number;
  readonly seconds: number;
  readonly mebibytes: readonly number[];
  readonly only?: readonly string[];
  readonly json: boolean;
  readonly cpuProfileDirectory?: string;
  readonly smoke: boolean;
}

/** Throws TypeError, with what is wrong, for options that do not exist and for numbers that are none. */
export function parseOptions(args: readonly string[]): BenchOptions {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '1' },
      mib: { type: 'string' },
      only: { type: 'string' },
      json: { type: 'boolean', default: false },
      'cpu-prof': { type: 'string' },
      smoke: { type: 'boolean', default: false },
    },
  });
  const { smoke, json, only, mib = smoke ? '1' : '1,64,1024' } = values;
  return {
    parts: positionals,
    rounds: smoke ? 1 : wholeNumber('rounds', values.rounds),
    seconds: wholeNumber('seconds', values.seconds),
    mebibytes: mib.split(',').map((size) => wholeNumber('mib', size)),
    ...(only !== undefined && { only: only.split(',') }),
    json,
    ...(values['cpu-prof'] !== undefined && { cpuProfileDirectory: values['cpu-prof'] }),
    smoke,
  };
}

function wholeNumber(name: string, text: string): number {
  if (/^[1-9]\d{0,4}$/.test(text)) return Number(text);
  throw new TypeError(`--${name} must be a whole number from 1 on, not "${text}"`);
}
