import { join } from 'node:path';
import { paths } from '@gprxy/sidecar';
import { configInput } from './config-input.ts';
import type { Dependencies } from './dependencies.ts';

/** Where a daemon in the background logs to. */
export function logFileOf(dependencies: Dependencies): string {
  return join(paths(configInput(dependencies)).stateDirectory, 'gprxy.log');
}
