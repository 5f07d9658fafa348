import type { ConfigInput } from '@gprxy/sidecar';
import type { Dependencies } from './dependencies.ts';

/** What @gprxy/sidecar needs to find and read the configuration. */
export function configInput({ env, platform, homedir, readFile }: Dependencies): ConfigInput {
  return { env, platform, homedir, readFile };
}
