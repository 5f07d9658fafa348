import { type Command, Option } from 'commander';
import { jsonOption, profileOption } from '../../command-options.ts';
import { withExamples } from '../../examples.ts';
import { type DsnFormat, dsnFormats } from './dsn-formats.ts';

export interface DsnOptions {
  readonly profile?: string;
  readonly database?: string;
  readonly for: DsnFormat;
  readonly json?: boolean;
}

export function defineDsn(program: Command, dsn: (options: DsnOptions) => Promise<void>): void {
  const command = program
    .command('dsn')
    .summary('print the connection string for a client')
    .description('Print how a client reaches the sidecar. There is no password in it: most listeners need none.')
    .addOption(profileOption())
    .addOption(new Option('--for <client>', 'in the form this client takes').choices(dsnFormats).default('uri'))
    .addOption(jsonOption())
    .argument('[database]', "which database; the upstream's own default when left out")
    .action((database: string | undefined, options: Omit<DsnOptions, 'database'>) =>
      dsn({ ...options, ...(database !== undefined && { database }) }),
    );
  withExamples(command, [
    'gprxy dsn',
    'gprxy dsn sales --for jdbc',
    'eval "$(gprxy dsn sales --for env)"',
    'gprxy dsn sales --for pgservice >> ~/.pg_service.conf',
  ]);
}
