import type { ChalkInstance } from 'chalk';
import { type Environment, type Output, wantsColour } from './terminal.ts';

/** chalk for one of our two streams, so that a redirected stream stays plain while the other keeps its colours. */
export async function coloursFor(terminal: Output, env: Environment): Promise<ChalkInstance> {
  const { Chalk } = await import('chalk');
  return new Chalk({ level: wantsColour(terminal, env) ? 1 : 0 });
}
