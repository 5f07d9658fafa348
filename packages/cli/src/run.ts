import { getToken } from './commands/get-token/get-token.ts';
import type { Dependencies } from './dependencies.ts';
import { ExitCode } from './exit-code.ts';
import { exitCodeOf } from './exit-code-of.ts';
import { type Commands, createProgram } from './program.ts';

/** Runs one command line and tells the exit code. Every error has been told by then. */
export async function run(args: readonly string[], dependencies: Dependencies): Promise<number> {
  let exitCode: number = ExitCode.Ok;
  const commands = lazyCommands(dependencies, (code) => {
    exitCode = code;
  });
  return exitCodeOf(async () => {
    await createProgram(commands, dependencies).parseAsync([...args], { from: 'user' });
    return exitCode;
  }, dependencies);
}

/** Each command's code is loaded when it is run, so that none waits for the others'. get-token's is there already: see main.ts. */
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
    stop: async (options) => (await import('./commands/stop/stop.ts')).stop(options, dependencies),
    wait: async (options) => (await import('./commands/wait/wait.ts')).wait(options, dependencies),
    psql: (options) => returning(import('./commands/psql/psql.ts').then(({ psql }) => psql(options, dependencies))),
    exec: (options) => returning(import('./commands/exec/exec.ts').then(({ exec }) => exec(options, dependencies))),
    doctor: (options) =>
      returning(import('./commands/doctor/doctor.ts').then(({ doctor }) => doctor(options, dependencies))),
    start: (options) =>
      returning(import('./commands/start/start.ts').then(({ start }) => start(options, dependencies))),
    restart: (options) =>
      returning(import('./commands/restart/restart.ts').then(({ restart }) => restart(options, dependencies))),
    reload: (options) =>
      returning(import('./commands/reload/reload.ts').then(({ reload }) => reload(options, dependencies))),
    logs: (options) => returning(import('./commands/logs/logs.ts').then(({ logs }) => logs(options, dependencies))),
    serviceInstall: (options) =>
      returning(
        import('./commands/service/service.ts').then((service) => service.installService(options, dependencies)),
      ),
    serviceUninstall: (options) =>
      returning(
        import('./commands/service/service.ts').then((service) => service.uninstallService(options, dependencies)),
      ),
    serviceStatus: () =>
      returning(import('./commands/service/service.ts').then((service) => service.serviceStatus(dependencies))),
    status: (options) =>
      returning(import('./commands/status/status.ts').then(({ status }) => status(options, dependencies))),
  };

  async function returning(code: Promise<number>): Promise<number> {
    exitWith(await code);
    return code;
  }
}
