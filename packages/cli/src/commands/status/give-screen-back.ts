import type { Dependencies } from '../../dependencies.ts';
import type { Screen } from './screen.ts';

/** What ends a process that does not listen for it. SIGINT is among the interrupts. */
const endings = ['SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

/** Nothing that ends or stops us leaves a terminal behind that shows no cursor, or another screen than the shell's. */
export function giveScreenBack(
  screen: Screen,
  { signals, raise }: Pick<Dependencies, 'signals' | 'raise'>,
): () => void {
  const end = (signal: NodeJS.Signals): void => {
    screen.leave();
    stopListening();
    raise(signal);
  };
  // Ctrl-Z. SIGSTOP can be listened for by nobody, so that it does what Ctrl-Z would have done.
  const stop = (): void => {
    screen.pause();
    raise('SIGSTOP');
  };
  // Before the error is told: on the other screen nobody would see it.
  const fail = (): void => screen.leave();
  const stopListening = (): void => {
    for (const signal of endings) signals.off(signal, end);
    signals.off('SIGTSTP', stop);
    signals.off('uncaughtExceptionMonitor', fail);
  };
  for (const signal of endings) signals.on(signal, end);
  signals.on('SIGTSTP', stop);
  signals.on('uncaughtExceptionMonitor', fail);
  return stopListening;
}
