import { closestWord } from '@gprxy/proxy-core';

export interface DemoOptions {
  /** Leaves the approval at the provider's pages to the user. */
  interactive: boolean;
  /** Leaves everything running until Ctrl-C. */
  keep: boolean;
}

/** What the command line asks for; or what to say instead of playing, and the exit code of that. */
export type DemoCommand = { options: DemoOptions } | { text: string; exitCode: number };

const FLAGS = ['--interactive', '--keep', '--help'];
const USAGE = `npm run demo -- [--interactive] [--keep]

  --interactive  you approve the login, in your own browser
  --keep         leaves everything running until Ctrl-C, and says how to connect
  --help         this text
`;

/** `env`: npm takes flags that come before a "--" for its own, and tells of them there. */
export function readOptions(args: readonly string[], env: Readonly<Record<string, string | undefined>>): DemoCommand {
  const unknown = args.find((arg) => !FLAGS.includes(arg));
  if (unknown !== undefined) return { text: `${unknownFlag(unknown)}\n${USAGE}`, exitCode: 2 };
  if (args.includes('--help')) return { text: USAGE, exitCode: 0 };
  const wants = (name: string) => args.includes(`--${name}`) || env[`npm_config_${name}`] === 'true';
  return { options: { interactive: wants('interactive'), keep: wants('keep') } };
}

function unknownFlag(flag: string): string {
  const meant = closestWord(flag, FLAGS);
  return `The demo has no ${JSON.stringify(flag)}${meant === undefined ? '.' : `; did you mean ${meant}?`}\n`;
}
