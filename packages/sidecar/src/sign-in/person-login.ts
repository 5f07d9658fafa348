import type { BrowserHere, LoginPrompt } from '@gprxy/credentials';

export interface AskOptions {
  /** Called once for each login that is begun or joined, with what the person needs to see. */
  show(prompt: LoginPrompt): void;
  readonly signal: AbortSignal;
}

/** How the person behind one profile is asked to sign in. Whoever composes the program fills it in. */
export interface PersonLogin {
  /** Signs somebody in, or joins the login under way. `inBrowser`: a page that is shown will be opened here. Rejects with CredentialError. */
  login(options: AskOptions & { readonly inBrowser: boolean }): Promise<void>;
  /** Joins the login under way. False where there is none, or nothing came of it. */
  join(options: AskOptions): Promise<boolean>;
  /** Where to go and what to do there, in lines for any terminal: no control characters, no secret. */
  instructions(prompt: LoginPrompt): string;
  readonly browser: BrowserHere;
  /** Rejects where it cannot be opened after all. */
  openPage(prompt: LoginPrompt): Promise<void>;
}
