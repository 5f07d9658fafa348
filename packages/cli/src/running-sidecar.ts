import { paths, type SidecarStatus } from '@gprxy/sidecar';
import { CliError } from './cli-error.ts';
import { configInput } from './config-input.ts';
import type { Dependencies } from './dependencies.ts';
import { type LocalEndpoint, parseEndpoint } from './local-endpoint.ts';
import { startHint } from './start-hint.ts';

/** What the running daemon says of itself; undefined when none answers. */
export async function sidecarStatus(dependencies: Dependencies): Promise<SidecarStatus | undefined> {
  const { requestControl } = await dependencies.sidecars();
  try {
    return await requestControl(paths(configInput(dependencies)).controlSocket, 'status');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_NOT_RUNNING') return undefined;
    throw error;
  }
}

/** For commands that make sense only with a daemon. Other errors stay what they are. */
export async function notRunning(error: unknown, dependencies: Dependencies): Promise<unknown> {
  if (!(error instanceof Error && 'code' in error && error.code === 'ERR_NOT_RUNNING')) return error;
  return new CliError('the sidecar is not running', { code: 'ERR_NOT_RUNNING', hint: await startHint(dependencies) });
}

/** Where the running daemon listens for a profile, in the order of the configuration. */
export function endpointsOf(status: SidecarStatus | undefined, profile: string): readonly LocalEndpoint[] {
  const listening = status?.listeners.filter((l) => l.profile === profile && l.state === 'listening') ?? [];
  return listening.flatMap(({ address, passwordFile }) => {
    const endpoint = parseEndpoint(address);
    return endpoint === undefined ? [] : [{ ...endpoint, ...(passwordFile !== undefined && { passwordFile }) }];
  });
}
