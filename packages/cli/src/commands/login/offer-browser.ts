import type { DevicePrompt } from '@gprxy/credentials';
import type { Dependencies } from '../../dependencies.ts';
import { say } from '../../say.ts';

/** Opens the page with the code already filled in, where somebody sits in front of a screen. */
export function offerBrowser(prompt: DevicePrompt, dependencies: Dependencies): void {
  if (!hasScreen(dependencies)) return;
  const url = prompt.verificationUriComplete ?? prompt.verificationUri;
  if (!isWebPage(url)) return;
  dependencies.openBrowser(url).catch(() => {
    say(dependencies, 'The browser could not be opened; open the page yourself.');
  });
}

/** What the provider sends goes to the desktop's opener, which starts whatever a scheme is registered for. */
function isWebPage(url: string): boolean {
  return URL.canParse(url) && /^https?:$/.test(new URL(url).protocol);
}

function hasScreen({ stderr, env, platform }: Dependencies): boolean {
  if (!stderr.isTTY || env.CI) return false;
  if (platform !== 'linux') return !env.SSH_CONNECTION;
  return Boolean(env.DISPLAY || env.WAYLAND_DISPLAY || env.WSL_DISTRO_NAME);
}
