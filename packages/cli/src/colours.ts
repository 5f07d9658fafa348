import type { ChalkInstance } from 'chalk';
import { type Environment, type Terminal, wantsColour } from './terminal.ts';

/** chalk for one of our two streams, so that a redirected stream stays plain while the other keeps its colours. */
export async function coloursFor(terminal: Terminal, env: Environment): Promise<ChalkInstance> {
  const { Chalk } = await import('chalk');
  return new Chalk({ level: wantsColour(terminal, env) ? 1 : 0 });
}
