import type { Dependencies } from '../../dependencies.ts';
import { isInteractive } from '../../terminal.ts';
import type { Check } from './check.ts';

export interface Progress {
  finished(check: { readonly name: string }): void;
  stop(): void;
}

/** Which checks are still under way: on a terminal only, a log has no use for it. */
export async function showProgress(checks: readonly Check[], { stderr, env }: Dependencies): Promise<Progress> {
  if (!isInteractive(stderr, env)) return { finished() {}, stop() {} };
  const { default: ora } = await import('ora');
  const pending = new Set(checks.map(({ name }) => name));
  const text = (): string => `checking: ${[...pending].join(', ')}`;
  // Ctrl-C must stay Ctrl-C: ora would otherwise read standard input in raw mode.
  const spinner = ora({ stream: stderr as NodeJS.WriteStream, discardStdin: false, text: text() }).start();
  return {
    finished({ name }) {
      pending.delete(name);
      spinner.text = text();
    },
    stop() {
      spinner.stop();
    },
  };
}
