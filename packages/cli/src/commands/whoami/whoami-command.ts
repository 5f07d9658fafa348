import type { Command } from 'commander';
import { jsonOption, profileOption } from '../../command-options.ts';

export interface WhoamiOptions {
  readonly profile?: string;
  readonly json?: true;
}

export function defineWhoami(program: Command, whoami: (options: WhoamiOptions) => Promise<void>): void {
  program
    .command('whoami')
    .summary('who is signed in, and until when')
    .description('Who is signed in, where the login is kept, when the token expires, and which roles it claims.')
    .addOption(profileOption())
    .addOption(jsonOption())
    .action((options: WhoamiOptions) => whoami(options));
}
