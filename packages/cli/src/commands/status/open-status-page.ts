import { paths } from '@gprxy/sidecar';
import { configInput } from '../../config-input.ts';
import type { Dependencies } from '../../dependencies.ts';
import { ExitCode } from '../../exit-code.ts';
import { notRunning } from '../../running-sidecar.ts';
import { print, say } from '../../say.ts';
import { browserHere } from '../login/browser-here.ts';

/** Asks the sidecar for a link to its page, and opens that where there is a browser. */
export async function openStatusPage(dependencies: Dependencies): Promise<number> {
  const { requestControl } = await dependencies.sidecars();
  const asked = requestControl(paths(configInput(dependencies)).controlSocket, 'page');
  const { url, ownUserOnly } = await asked.catch(async (error: unknown) => {
    throw await notRunning(error, dependencies);
  });
  say(dependencies, 'The status page, for one visit, within two minutes:');
  print(dependencies, url);
  // What the opener is called with, other users of the machine can read; only where that helps them nothing is it called.
  if (!ownUserOnly) say(dependencies, 'Open it yourself: this system does not tell the sidecar which user comes.');
  else if (browserHere(dependencies).canOpen)
    await dependencies.openBrowser(url).catch(() => sayNotOpened(dependencies));
  return ExitCode.Ok;
}

function sayNotOpened(dependencies: Dependencies): void {
  say(dependencies, 'The browser could not be opened; open the page yourself.');
}
