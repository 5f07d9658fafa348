import type { BrowserHere } from '@gprxy/credentials';
import type { Dependencies } from '../../dependencies.ts';
import { screenHere } from '../../screen-here.ts';

type Surroundings = Pick<Dependencies, 'stderr' | 'env' | 'platform'>;

/** Whether a window that we open would appear in front of the person who typed the command. */
export function browserHere({ stderr, env, platform }: Surroundings): BrowserHere {
  if (env.CI) return no('this is a CI job');
  if (!stderr.isTTY) return no('nobody sits at a terminal here');
  return screenHere({ env, platform });
}

function no(why: string): BrowserHere {
  return { canOpen: false, why };
}
