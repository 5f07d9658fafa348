import type { Dependencies } from './dependencies.ts';
import { exitCodeFor } from './exit-code.ts';

/** What a command ended with. An error has been told by then. */
export async function exitCodeOf(command: () => Promise<number>, dependencies: Dependencies): Promise<number> {
  try {
    return await command();
  } catch (error) {
    const { reportError } = await import('./report-error.ts');
    await reportError(error, dependencies);
    return exitCodeFor(error);
  }
}
