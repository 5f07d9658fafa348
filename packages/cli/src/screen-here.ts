import type { BrowserHere } from '@gprxy/credentials';
import type { Dependencies } from './dependencies.ts';

/** Whether a window that this program opens would appear in front of the person whose session it runs in. */
export function screenHere({ env, platform }: Pick<Dependencies, 'env' | 'platform'>): BrowserHere {
  if (env.SSH_CONNECTION || env.SSH_TTY) return { canOpen: false, why: 'this is an SSH session' };
  if (platform === 'linux' && !(env.DISPLAY || env.WAYLAND_DISPLAY || env.WSL_DISTRO_NAME)) {
    return { canOpen: false, why: 'there is no screen here (neither DISPLAY nor WAYLAND_DISPLAY is set)' };
  }
  return { canOpen: true };
}
