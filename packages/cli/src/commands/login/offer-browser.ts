import type { LoginPrompt } from '@gprxy/credentials';
import type { Dependencies } from '../../dependencies.ts';
import { say } from '../../say.ts';

/** Opens the page of the login. That is a convenience: its address is on the terminal whatever comes of it. */
export function offerBrowser(prompt: LoginPrompt, dependencies: Dependencies): void {
  openPage(prompt, dependencies).catch(() => {
    const orElse = prompt.kind === 'browser' ? ', or stop here and run "gprxy login --device"' : '';
    say(dependencies, `The browser could not be opened; open the page yourself${orElse}.`);
  });
}

/** Rejects where it could not be opened. Never hands anything but a web page to the desktop. */
export async function openPage(prompt: LoginPrompt, { openBrowser }: Pick<Dependencies, 'openBrowser'>): Promise<void> {
  const url = pageOf(prompt);
  if (isWebPage(url)) await openBrowser(url);
}

/** With the code already filled in, where the provider has such a page. */
function pageOf(prompt: LoginPrompt): string {
  return prompt.kind === 'browser' ? prompt.url : (prompt.verificationUriComplete ?? prompt.verificationUri);
}

/** What the provider sends goes to the desktop's opener, which starts whatever a scheme is registered for. */
function isWebPage(url: string): boolean {
  return URL.canParse(url) && /^https?:$/.test(new URL(url).protocol);
}
