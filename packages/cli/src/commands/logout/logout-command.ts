import { type Command, Option } from 'commander';
import { profileOption } from '../../command-options.ts';
import { withExamples } from '../../examples.ts';

export interface LogoutOptions {
  readonly profile?: string;
  readonly all?: true;
  /** False: only forget the login here. */
  readonly revoke: boolean;
}

export function defineLogout(program: Command, logout: (options: LogoutOptions) => Promise<void>): void {
  const command = program
    .command('logout')
    .summary('forget the login, here and at the identity provider')
    .description('Forget the login, and tell the identity provider that it is over. Works offline, with a warning.')
    .addOption(profileOption())
    .addOption(new Option('--all', 'of every profile').conflicts('profile'))
    .option('--no-revoke', 'only forget it here')
    .action((options: LogoutOptions) => logout(options));
  withExamples(command, [
    'gprxy logout',
    'gprxy logout --all',
    '# offline, without waiting for the provider',
    'gprxy logout --profile prod --no-revoke',
  ]);
}
