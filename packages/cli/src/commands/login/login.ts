import type { LoginFlow, LoginPrompt, StoredLogin } from '@gprxy/credentials';
import type { Profile } from '@gprxy/sidecar';
import { interruptedError } from '../../cli-error.ts';
import type { Dependencies } from '../../dependencies.ts';
import { ExitCode, exitCodeFor } from '../../exit-code.ts';
import { profileLogin } from '../../profile-login.ts';
import { say } from '../../say.ts';
import { readStoreChoice, type StoreKind, writeStoreChoice } from '../../store-choice.ts';
import { browserHere } from './browser-here.ts';
import type { LoginOptions } from './login-command.ts';
import { offerBrowser } from './offer-browser.ts';
import { type ProfileToSignInTo, profileToSignInTo } from './profile-to-sign-in-to.ts';
import { sayInsecureStorage, saySignedIn } from './say-signed-in.ts';
import { prepareShowing } from './show-prompt.ts';
import { prepareWaiting } from './waiting.ts';

/** Signs in, in the browser or with a code, and keeps what comes of it in the profile's store. */
export async function login(options: LoginOptions, dependencies: Dependencies): Promise<void> {
  const target = await profileToSignInTo(options, dependencies);
  const { profile, change } = target;
  const formerKind = await readStoreChoice(profile.name, dependencies);
  const storeKind = chosenStore(options) ?? formerKind;
  if (storeKind === 'file') sayInsecureStorage(dependencies);
  const stored = await signIn(profile, storeKind, options, dependencies).catch((error: unknown) => {
    if (exitCodeFor(error) === ExitCode.Interrupted) throw interruptedError(error, cancellation(target));
    if (change) say(dependencies, `Profile "${profile.name}" in ${change.path} stays as it was.`);
    throw error;
  });
  await change?.save();
  await writeStoreChoice(profile.name, storeKind, dependencies);
  if (storeKind !== formerKind) await forgetLogin(profile, formerKind, dependencies);
  await saySignedIn({ profile, storeKind, stored }, dependencies);
}

function cancellation({ profile: { name }, isNew }: ProfileToSignInTo): string {
  if (!isNew) return 'Cancelled. Nothing was changed.';
  return `Cancelled. Nobody was signed in; profile "${name}" stays: run "gprxy login --profile ${name}".`;
}

function chosenStore({ insecureStorage }: LoginOptions): StoreKind | undefined {
  if (insecureStorage === undefined) return undefined;
  return insecureStorage ? 'file' : 'keychain';
}

function chosenFlow({ device, browser }: LoginOptions): LoginFlow | undefined {
  if (browser) return 'browser';
  return device ? 'device' : undefined;
}

/** A login must not stay behind, least of all in a file, when the profile moves to the other store. */
async function forgetLogin(profile: Profile, kind: StoreKind, dependencies: Dependencies): Promise<void> {
  const { store, account } = await profileLogin(profile, dependencies, kind);
  await store.delete(account).catch(() => {}); // A keychain that is not there is the usual reason to move.
}

async function signIn(
  profile: Profile,
  storeKind: StoreKind,
  options: LoginOptions,
  dependencies: Dependencies,
): Promise<StoredLogin> {
  const credentials = await dependencies.credentials();
  const place = await profileLogin(profile, dependencies, storeKind);
  const waiting = await prepareWaiting(dependencies);
  const present = await prepareShowing(dependencies);
  const here = browserHere(dependencies);
  const browser = options.open ? here : ({ canOpen: false, why: '--no-open was given' } as const);
  const show = (prompt: LoginPrompt): void => {
    waiting.stop();
    present(prompt);
    // A login that was joined has its window already.
    if (browser.canOpen && prompt.begunBy === undefined) offerBrowser(prompt, dependencies);
    waiting.start(prompt.expiresAt);
  };
  try {
    const flow = chosenFlow(options) ?? place.settings.login;
    return await credentials.login({ ...place, flow, browser, show, signal: dependencies.interrupts.signal });
  } finally {
    waiting.stop();
  }
}
