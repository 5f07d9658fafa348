import { getToken } from './commands/get-token/get-token.ts';
import type { Dependencies } from './dependencies.ts';
import { ExitCode, exitCodeFor } from './exit-code.ts';
import { type Commands, createProgram } from './program.ts';

/** Runs one command line and tells the exit code. Every error has been told by then. */
export async function run(args: readonly string[], dependencies: Dependencies): Promise<number> {
  let exitCode: number = ExitCode.Ok;
  const commands = lazyCommands(dependencies, (code) => {
    exitCode = code;
  });
  try {
    await createProgram(commands, dependencies).parseAsync([...args], { from: 'user' });
    return exitCode;
  } catch (error) {
    const { reportError } = await import('./report-error.ts');
    await reportError(error, dependencies);
    return exitCodeFor(error);
  }
}

/**
 * Each command's code is loaded when it is run, so that none waits for the others'. get-token is what programs call all day; it comes along
 * with this file, because each file that an import has to fetch costs half a millisecond.
 */
function lazyCommands(dependencies: Dependencies, exitWith: (code: number) => void): Commands {
  return {
    login: async (options) => (await import('./commands/login/login.ts')).login(options, dependencies),
    logout: async (options) => (await import('./commands/logout/logout.ts')).logout(options, dependencies),
    whoami: async (options) => (await import('./commands/whoami/whoami.ts')).whoami(options, dependencies),
    getToken: (options) => getToken(options, dependencies),
    dsn: async (options) => (await import('./commands/dsn/dsn.ts')).dsn(options, dependencies),
    profilesList: async (options) =>
      (await import('./commands/profiles/list-profiles.ts')).listProfiles(options, dependencies),
    profilesShow: async (options) =>
      (await import('./commands/profiles/show-profile.ts')).showProfile(options, dependencies),
    profilesAdd: async (options) =>
      (await import('./commands/profiles/add-profile.ts')).addProfile(options, dependencies),
    profilesUse: async (name) => (await import('./commands/profiles/use-profile.ts')).useProfile(name, dependencies),
    profilesRemove: async (options) =>
      (await import('./commands/profiles/remove-profile.ts')).removeProfile(options, dependencies),
    completion: async (shell) => (await import('./commands/completion/completion.ts')).completion(shell, dependencies),
    complete: async (words, program) =>
      (await import('./commands/completion/complete.ts')).complete(words, program, dependencies),
    stop: async () => (await import('./commands/stop/stop.ts')).stop(dependencies),
    psql: (options) => returning(import('./commands/psql/psql.ts').then(({ psql }) => psql(options, dependencies))),
    exec: (options) => returning(import('./commands/exec/exec.ts').then(({ exec }) => exec(options, dependencies))),
    doctor: (options) =>
      returning(import('./commands/doctor/doctor.ts').then(({ doctor }) => doctor(options, dependencies))),
    start: (options) =>
      returning(import('./commands/start/start.ts').then(({ start }) => start(options, dependencies))),
    status: (options) =>
      returning(import('./commands/status/status.ts').then(({ status }) => status(options, dependencies))),
  };

  async function returning(code: Promise<number>): Promise<number> {
    exitWith(await code);
    return code;
  }
}
