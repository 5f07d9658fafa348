/** Ctrl-C as the commands see it. */
export interface Interrupts {
  /** Aborted by the first Ctrl-C; the second one ends the process at once. */
  readonly signal: AbortSignal;
  /** Ignores Ctrl-C until the returned function is called: the program that runs in the foreground gets it as well, and it is theirs. */
  pause(): () => void;
}

type Signals = Pick<NodeJS.Process, 'on' | 'off' | 'exit'>;

export function listenForInterrupts(process: Signals, exitCode: number): Interrupts {
  const controller = new AbortController();
  let paused = 0;
  process.on('SIGINT', () => {
    if (paused > 0) return;
    if (controller.signal.aborted) process.exit(exitCode);
    controller.abort();
  });
  return {
    signal: controller.signal,
    pause() {
      paused += 1;
      return () => {
        paused -= 1;
      };
    },
  };
}
