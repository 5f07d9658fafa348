import { type Command, Option } from 'commander';
import { jsonOption, profileOption } from '../../command-options.ts';
import { withExamples } from '../../examples.ts';

export interface WhoamiOptions {
  readonly profile?: string;
  readonly all?: true;
  readonly json?: true;
}

export function defineWhoami(program: Command, whoami: (options: WhoamiOptions) => Promise<void>): void {
  const command = program
    .command('whoami')
    .summary('who is signed in, and until when')
    .description('Who is signed in, where the login is kept, when the token expires, and which roles it claims.')
    .addOption(profileOption())
    .addOption(new Option('--all', 'in every profile').conflicts('profile'))
    .addOption(jsonOption())
    .action((options: WhoamiOptions) => whoami(options));
  withExamples(command, ['gprxy whoami', 'gprxy whoami --all', 'gprxy whoami --profile prod --json']);
}
