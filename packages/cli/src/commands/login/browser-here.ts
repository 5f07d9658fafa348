import type { BrowserHere } from '@gprxy/credentials';
import type { Dependencies } from '../../dependencies.ts';

type Surroundings = Pick<Dependencies, 'stderr' | 'env' | 'platform'>;

/** Whether a window that we open would appear in front of the person who typed the command. */
export function browserHere({ stderr, env, platform }: Surroundings): BrowserHere {
  if (env.CI) return no('this is a CI job');
  if (!stderr.isTTY) return no('nobody sits at a terminal here');
  if (env.SSH_CONNECTION || env.SSH_TTY) return no('this is an SSH session');
  if (platform === 'linux' && !(env.DISPLAY || env.WAYLAND_DISPLAY || env.WSL_DISTRO_NAME)) {
    return no('there is no screen here (neither DISPLAY nor WAYLAND_DISPLAY is set)');
  }
  return { canOpen: true };
}

function no(why: string): BrowserHere {
  return { canOpen: false, why };
}
