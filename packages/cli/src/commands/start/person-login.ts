import type { PersonLogin, Profile } from '@gprxy/sidecar';
import type { Dependencies } from '../../dependencies.ts';
import { profileLogin } from '../../profile-login.ts';
import { screenHere } from '../../screen-here.ts';
import { openPage } from '../login/offer-browser.ts';
import { instructions } from '../login/show-prompt.ts';

/** How the daemon asks the person of a profile to sign in: the login is the one of `gprxy login`, and shown in its words. */
export async function personLoginFor(profile: Profile, dependencies: Dependencies): Promise<PersonLogin> {
  const credentials = await dependencies.credentials();
  const place = await profileLogin(profile, dependencies);
  const { Chalk } = await import('chalk');
  const plain = new Chalk({ level: 0 });
  const browser = screenHere(dependencies);
  const noWindow = { canOpen: false, why: 'login_on_connect = "notice"' } as const;
  return {
    browser,
    async login({ inBrowser, ...options }) {
      const flow = place.settings.login;
      await credentials.login({ ...place, ...options, flow, browser: inBrowser ? browser : noWindow });
    },
    join: (options) => credentials.joinLoginUnderWay({ ...place, ...options }),
    instructions: (prompt) => instructions(prompt, dependencies.now(), plain).join('\n').trimEnd(),
    openPage: (prompt) => openPage(prompt, dependencies),
  };
}
