import { CredentialError, type LoginPrompt } from '@gprxy/credentials';
import { withDeadline } from '@gprxy/proxy-core';
import type { LoginOnConnect } from '../config/profile.ts';
import type { Log } from '../log/log.ts';
import type { PersonLogin } from './person-login.ts';
import { SignInPause } from './sign-in-pause.ts';
import { SignInRound } from './sign-in-round.ts';

export interface SignInOptions extends LoginOnConnect {
  readonly profile: string;
  readonly person: PersonLogin;
  /** Wall clock, epoch ms. */
  now(): number;
  readonly log: Log;
  /** Ends a login under way: nobody will connect any more. */
  readonly signal: AbortSignal;
}

/**
 * Asks the person to sign in when clients come and the login is over: one login for all of them. It goes on when they hang up, up to
 * the end of its code or page: a program that connects anew every few seconds comes back to the same one, and the person who looks for
 * their phone does not find that it was all for nothing.
 */
export class SignIn {
  readonly #options: SignInOptions;
  readonly #pause: SignInPause;
  #round: SignInRound | undefined;

  constructor(options: SignInOptions) {
    this.#options = options;
    this.#pause = new SignInPause(options.now);
  }

  /** There is a token: whatever was in the way of one is over. */
  signedIn(): void {
    this.#pause.end();
  }

  /**
   * Resolves when somebody has signed in. Rejects with CredentialError when nothing came of it, nobody did in time, or nobody is to be
   * asked now; with the signal's reason when the client has gone.
   * @param tell gets the lines for the client, once for each login that is begun or joined
   */
  async wait(tell: (instructions: string) => void, signal: AbortSignal): Promise<void> {
    const { waitMs, person, profile } = this.#options;
    this.#round ??= this.#begin();
    const round = this.#round;
    const show = (prompt: LoginPrompt) => tell(person.instructions(prompt));
    await withDeadline(
      signal,
      waitMs,
      () => nobodyCame(profile, waitMs),
      (inTime) => round.wait(show, inTime),
    );
  }

  #begin(): SignInRound {
    const ask = this.#pause.left > 0 ? this.#joinOnly : this.#login;
    return new SignInRound((show) =>
      ask(show).finally(() => {
        this.#round = undefined;
      }),
    );
  }

  #login = async (show: (prompt: LoginPrompt) => void): Promise<void> => {
    const { person, how, profile, log, signal } = this.#options;
    const inBrowser = how === 'browser';
    if (inBrowser && !person.browser.canOpen) throw noBrowser(profile, person.browser.why);
    const failed = new AbortController();
    let isShown = false;
    const showAndOpen = (prompt: LoginPrompt) => {
      isShown = true;
      log.info({ profile, how, flow: prompt.kind }, 'asking the person to sign in');
      show(prompt);
      // A login that was joined has its window already.
      if (inBrowser && prompt.begunBy === undefined) person.openPage(prompt).catch(() => failed.abort());
    };
    try {
      await person.login({ inBrowser, show: showAndOpen, signal: AbortSignal.any([signal, failed.signal]) });
      this.#pause.end();
      log.info({ profile }, 'signed in');
    } catch (error) {
      if ((isShown && inBrowser) || isDenial(error)) this.#pause.begin();
      const reason = failed.signal.aborted ? noBrowser(profile, 'the system has none that starts') : error;
      log.warn({ profile, error: (reason as Error).message, pauseMs: this.#pause.left }, 'nobody signed in');
      throw reason;
    }
  };

  #joinOnly = async (show: (prompt: LoginPrompt) => void): Promise<void> => {
    const { person, profile, signal } = this.#options;
    const left = this.#pause.left;
    if (!(await person.join({ show, signal }))) throw paused(profile, left);
    this.#pause.end();
  };
}

function isDenial(error: unknown): boolean {
  return error instanceof CredentialError && error.code === 'ERR_LOGIN_DENIED';
}

function paused(profile: string, leftMs: number): CredentialError {
  const why = `the last login came to nothing, and no other begins by itself for ${minutes(leftMs)}`;
  return new CredentialError('ERR_LOGIN_NEEDED', `nobody is signed in (profile "${profile}"): ${why}`);
}

function nobodyCame(profile: string, waitMs: number): CredentialError {
  const message = `nobody has signed in (profile "${profile}") within ${minutes(waitMs)}`;
  return new CredentialError('ERR_LOGIN_EXPIRED', message);
}

function noBrowser(profile: string, why: string): CredentialError {
  const message = `nobody is signed in (profile "${profile}"), and no browser can be opened: ${why}`;
  return new CredentialError('ERR_LOGIN_NEEDED', message);
}

function minutes(ms: number): string {
  if (ms < 60_000) return `${Math.ceil(ms / 1_000)} s`;
  const count = Math.ceil(ms / 60_000);
  return count === 1 ? 'a minute' : `${count} minutes`;
}
