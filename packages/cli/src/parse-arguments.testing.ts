import { Writable } from 'node:stream';
import { type Commands, createProgram } from './program.ts';
import type { Environment } from './terminal.ts';

/** The options a command line comes down to, without running the command: the name of the command and what it would be called with. */
export async function parseArguments(
  args: readonly string[],
  env: Environment = {},
): Promise<{ command: keyof Commands; options: unknown }> {
  const calls: Array<{ command: keyof Commands; options: unknown }> = [];
  const commands = new Proxy({} as Commands, {
    get: (_target, command: keyof Commands) => async (options: unknown) => {
      calls.push({ command, options });
      return 0;
    },
  });
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const program = createProgram(commands, { version: '1.2.3', env, stdout: nowhere, stderr: nowhere });
  await program.parseAsync([...args], { from: 'user' });
  const [call] = calls;
  if (call === undefined) throw new Error('no command was run');
  return call;
}
