import { type ProgramEnd, spawnProgram } from '@gprxy/testkit';

/** Nothing in a transcript takes this long. */
const limitMs = 30_000;
const prompt = /http\S+[?&]user_code=[\w-]+/;

export interface LineOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Is told the page of a device login as soon as the command has shown it. */
  readonly onPrompt: (uri: string) => Promise<void>;
}

/** Runs a line of a transcript as a shell does, with a person who reads what it says. */
export async function runLine(line: string, { env, cwd, onPrompt }: LineOptions): Promise<ProgramEnd> {
  let answered: Promise<void> | undefined;
  let text = '';
  const program = spawnProgram({
    command: '/bin/sh',
    args: ['-c', line],
    env,
    cwd,
    onOutput: (more) => {
      text += more;
      const uri = prompt.exec(text)?.[0];
      if (uri !== undefined) answered ??= onPrompt(uri);
    },
  });
  const timer = setTimeout(() => process.kill(-program.pid, 'SIGKILL'), limitMs);
  const end = await program.ended;
  clearTimeout(timer);
  await answered;
  return end;
}
