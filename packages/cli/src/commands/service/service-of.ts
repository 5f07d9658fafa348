import { CliError } from '../../cli-error.ts';
import type { Dependencies } from '../../dependencies.ts';
import { logFileOf } from '../../log-file-of.ts';
import type { ServiceDefinition, ServiceInput } from './service-definition.ts';

/** The service of this platform. Rejects with CliError where gprxy knows of none. */
export async function serviceOf(
  startArguments: readonly string[],
  sockets: readonly string[],
  dependencies: Dependencies,
): Promise<ServiceDefinition> {
  const { platform, env, homedir, uid, self } = dependencies;
  const input: ServiceInput = {
    platform,
    env,
    homedir,
    uid,
    self,
    logFile: logFileOf(dependencies),
    startArguments,
    sockets,
  };
  switch (platform) {
    case 'linux':
      return (await import('./systemd-service.ts')).systemdService(input);
    case 'darwin':
      return (await import('./launchd-service.ts')).launchdService(input);
    case 'win32':
      return (await import('./windows-service.ts')).windowsService(input);
    default:
      throw new CliError(`gprxy knows no service of ${platform}`, {
        code: 'ERR_SERVICE',
        hint: 'Have your system run "gprxy start" when you log in.',
      });
  }
}
