import type { LoginPrompt } from '@gprxy/credentials';

type Show = (prompt: LoginPrompt) => void;

/** One login and all clients that wait for it, those too that came when its page was shown already. */
export class SignInRound {
  readonly #done: Promise<void>;
  readonly #waiting = new Set<Show>();
  #prompt: LoginPrompt | undefined;

  /** @param work the login; shows what a person has to see, and again when another takes its place */
  constructor(work: (show: Show) => Promise<void>) {
    this.#done = work((prompt) => {
      this.#prompt = prompt;
      for (const show of this.#waiting) show(prompt);
    });
    this.#done.catch(() => {}); // Everybody may have left before it fails.
  }

  /** Settles as the login does, or rejects with the signal's reason; the login goes on without this client. */
  async wait(show: Show, signal: AbortSignal): Promise<void> {
    if (this.#prompt) show(this.#prompt);
    this.#waiting.add(show);
    try {
      await unlessAborted(this.#done, signal);
    } finally {
      this.#waiting.delete(show);
    }
  }
}

function unlessAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
