import { type ProgramEnd, spawnProgram } from '@gprxy/testkit';

/** Nothing in a transcript takes this long. */
const limitMs = 20_000;
const prompt = /http\S+[?&](?:user_code=[\w-]+(?=\s)|client_id=\S+(?=\s))/;

export interface LineOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Is told the page to sign in at as soon as the command has shown it. */
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
  if (end.exitCode === null) throw new Error(`did not end within ${limitMs / 1_000} s: ${line}\n${program.output()}`);
  await answered;
  return end;
}
