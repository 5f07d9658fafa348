import type { Dependencies } from '../../dependencies.ts';
import { say } from '../../say.ts';
import { isInteractive } from '../../terminal.ts';
import { countdown } from '../../time-left.ts';

/** May be started again, for another prompt, after it was stopped. */
export interface Waiting {
  start(untilMs: number): void;
  stop(): void;
}

/** A spinner with the time left on a terminal, one plain line elsewhere. */
export async function prepareWaiting(dependencies: Dependencies): Promise<Waiting> {
  const { stderr, env, now } = dependencies;
  // A terminal of 0 columns (some pseudo terminals say so) has each frame take endless lines.
  if (!isInteractive(stderr, env) || !stderr.columns) {
    return { start: () => say(dependencies, 'waiting for your approval...'), stop: () => {} };
  }
  const { default: ora } = await import('ora');
  // Ctrl-C must stay Ctrl-C: ora would otherwise read standard input in raw mode.
  const spinner = ora({ stream: stderr as NodeJS.WriteStream, discardStdin: false });
  let tick: NodeJS.Timeout | undefined;
  return {
    start(untilMs) {
      const showTimeLeft = (): void => {
        spinner.text = `waiting for your approval... ${countdown(untilMs, now())} left`;
      };
      showTimeLeft();
      spinner.start();
      tick = setInterval(showTimeLeft, 1000);
    },
    stop() {
      clearInterval(tick);
      if (spinner.isSpinning) spinner.stop();
    },
  };
}
