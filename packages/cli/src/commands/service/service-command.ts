import type { Command } from 'commander';
import { collectWords } from '../../command-options.ts';
import { withExamples } from '../../examples.ts';

export interface ServiceInstallOptions {
  /** Which profiles; all that have a `listen` when left out. */
  readonly profile?: readonly string[];
  /** Only print what would be done. */
  readonly dryRun?: true;
}

export type ServiceUninstallOptions = Pick<ServiceInstallOptions, 'dryRun'>;

export interface ServiceCalls {
  serviceInstall(options: ServiceInstallOptions): Promise<number>;
  serviceUninstall(options: ServiceUninstallOptions): Promise<number>;
  serviceStatus(): Promise<number>;
}

export function defineService(program: Command, calls: ServiceCalls): void {
  const service = program
    .command('service')
    .summary('have the system start the sidecar when you log in')
    .description(
      'Have the system start the sidecar when you log in, and again when it fails: by a systemd user unit, a launchd agent, or a ' +
        'scheduled task of Windows. Nothing of it needs an administrator.',
    )
    .helpCommand(false);
  const install = service
    .command('install')
    .summary('install and start it')
    .description('Install the service and start it. A sidecar that runs already is stopped first.')
    .option('--profile <name>', 'only this profile, repeatable', collectWords)
    .option('--dry-run', 'print the file and the commands, and do nothing')
    .action(async (options: ServiceInstallOptions) => void (await calls.serviceInstall(options)));
  const uninstall = service
    .command('uninstall')
    .summary('stop and remove it')
    .description('Stop the service and remove it.')
    .option('--dry-run', 'print the commands, and do nothing')
    .action(async (options: ServiceUninstallOptions) => void (await calls.serviceUninstall(options)));
  const status = service
    .command('status')
    .summary('what the system says of it')
    .description('Show what the system says of the service, and where its log is. Exits with 1 when it does not run.')
    .action(async () => void (await calls.serviceStatus()));
  withExamples(service, ['gprxy service install', 'gprxy service status']);
  withExamples(install, ['gprxy service install', 'gprxy service install --dry-run']);
  withExamples(uninstall, ['gprxy service uninstall', 'gprxy service uninstall --dry-run']);
  withExamples(status, ['gprxy service status', 'gprxy service status > /dev/null || gprxy service install']);
}
