import type { Command } from 'commander';
import { jsonOption } from '../../command-options.ts';
import { withExamples } from '../../examples.ts';

export interface ReloadOptions {
  readonly json?: true;
}

export function defineReload(program: Command, reload: (options: ReloadOptions) => Promise<number>): void {
  const command = program
    .command('reload')
    .summary('have the sidecar read its configuration again')
    .description(
      'Have the sidecar read its configuration again. Listeners are added, changed and removed; running connections go on. ' +
        'A file that cannot be used leaves everything as it was. Exits with 3 when something is not as the file says.',
    )
    .addOption(jsonOption())
    .action(async (options: ReloadOptions) => {
      await reload(options);
    });
  withExamples(command, ['gprxy reload', 'gprxy reload --json']);
}
