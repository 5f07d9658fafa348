import { CredentialError, type LoginPrompt } from '@gprxy/credentials';
import type { Log } from '../log/log.ts';
import type { PersonLogin } from '../sign-in/person-login.ts';

/** What a person has to see, or how it ended. */
export type SignInView =
  | { readonly state: 'beginning' }
  | ({ readonly state: 'asking' } & PromptView)
  | { readonly state: 'done'; readonly at: number }
  | { readonly state: 'failed'; readonly at: number; readonly message: string; readonly hint?: string };

export interface PromptView {
  /** A web page of the provider. */
  readonly url: string;
  readonly issuer: string;
  readonly expiresAt: number;
  /** To be entered, or compared, there. */
  readonly code?: string;
  /** The process that began the login, where it was another. */
  readonly begunBy?: number;
}

export interface SignInsOptions {
  /** Undefined where nobody can sign in to the profile. */
  personLoginFor(profile: string): Promise<PersonLogin | undefined>;
  readonly log: Log;
  readonly now: () => number;
  /** Ends logins under way. */
  readonly signal: AbortSignal;
}

/** The logins that were begun on the page, one a profile. One that another process has under way is joined. */
export class PageSignIns {
  readonly #options: SignInsOptions;
  readonly #views = new Map<string, SignInView>();

  constructor(options: SignInsOptions) {
    this.#options = options;
  }

  view(profile: string): SignInView | undefined {
    return this.#views.get(profile);
  }

  /** Does nothing while one is under way. */
  begin(profile: string): void {
    const { state } = this.view(profile) ?? {};
    if (state === 'beginning' || state === 'asking') return;
    this.#views.set(profile, { state: 'beginning' });
    void this.#signIn(profile);
  }

  async #signIn(profile: string): Promise<void> {
    const { personLoginFor, log, now, signal } = this.#options;
    try {
      const person = await personLoginFor(profile);
      const show = (prompt: LoginPrompt) => void this.#views.set(profile, { state: 'asking', ...promptView(prompt) });
      await person?.login({ inBrowser: true, show, signal });
      this.#views.set(profile, { state: 'done', at: now() });
      log.info({ profile }, 'signed in on the status page');
    } catch (error) {
      this.#views.set(profile, { state: 'failed', at: now(), ...wordsFor(error) });
      log.warn({ profile, error: wordsFor(error).message }, 'nobody signed in on the status page');
    }
  }
}

function promptView(prompt: LoginPrompt): PromptView {
  const { issuer, expiresAt, begunBy } = prompt;
  const common = { issuer, expiresAt, ...(begunBy !== undefined && { begunBy }) };
  if (prompt.kind === 'browser') return { url: prompt.url, ...common };
  return { url: prompt.verificationUriComplete ?? prompt.verificationUri, code: prompt.userCode, ...common };
}

/** Errors that are not ours may quote anything. */
function wordsFor(error: unknown): { message: string; hint?: string } {
  if (!(error instanceof CredentialError))
    return { message: 'the login ended unexpectedly', hint: 'Run "gprxy login".' };
  const { message, hint } = error;
  return { message, ...(hint !== undefined && { hint }) };
}
