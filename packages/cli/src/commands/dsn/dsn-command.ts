import { type Command, Option } from 'commander';
import { profileOption } from '../../command-options.ts';
import { type DsnFormat, dsnFormats } from './dsn-formats.ts';

export interface DsnOptions {
  readonly profile?: string;
  readonly database?: string;
  readonly for: DsnFormat;
}

export function defineDsn(program: Command, dsn: (options: DsnOptions) => Promise<void>): void {
  program
    .command('dsn')
    .summary('print the connection string for a client')
    .description('Print how a client reaches the sidecar. There is no password in it, because none is needed.')
    .addOption(profileOption())
    .addOption(new Option('--for <client>', 'in the form this client takes').choices(dsnFormats).default('uri'))
    .argument('[database]')
    .action((database: string | undefined, options: Omit<DsnOptions, 'database'>) =>
      dsn({ ...options, ...(database !== undefined && { database }) }),
    );
}
