import { posix, win32 } from 'node:path';

export interface PathsInput {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  readonly homedir: string;
}

/** Where gprxy keeps its files. Nothing is created here. */
export interface Paths {
  /** `config.toml`; `GPRXY_CONFIG` names another. */
  readonly configFile: string;
  /** Choice of store, file store, locks; `GPRXY_STATE_DIR` names another. */
  readonly stateDirectory: string;
  /** Sockets of the running daemon; inside the state directory when that was named by `GPRXY_STATE_DIR`. */
  readonly runtimeDirectory: string;
  readonly lockDirectory: string;
  /** The passwords of `local_auth = "password"`, in the form of libpq's PGPASSFILE. */
  readonly passwordFile: string;
  /** The daemon's control socket (on Windows a named pipe). */
  readonly controlSocket: string;
}

/** The platform's own places: XDG base directories, `~/Library/Application Support`, `%APPDATA%` and `%LOCALAPPDATA%`. */
export function paths(input: PathsInput): Paths {
  const path = input.platform === 'win32' ? win32 : posix;
  const own = ownPlaces(input);
  const named = absolute(input, input.env.GPRXY_STATE_DIR);
  const stateDirectory = named ?? own.state;
  const runtimeDirectory = named === undefined ? own.runtime : path.join(named, 'run');
  return {
    configFile: absolute(input, input.env.GPRXY_CONFIG) ?? path.join(own.config, 'config.toml'),
    stateDirectory,
    runtimeDirectory,
    lockDirectory: path.join(stateDirectory, 'locks'),
    passwordFile: path.join(stateDirectory, 'pgpass'),
    controlSocket: input.platform === 'win32' ? pipeName(stateDirectory) : posix.join(runtimeDirectory, 'control.sock'),
  };
}

function ownPlaces({ env, platform, homedir }: PathsInput): { config: string; state: string; runtime: string } {
  if (platform === 'win32') {
    const config = win32.join(env.APPDATA ?? win32.join(homedir, 'AppData', 'Roaming'), 'gprxy');
    const state = win32.join(env.LOCALAPPDATA ?? win32.join(homedir, 'AppData', 'Local'), 'gprxy');
    return { config, state, runtime: win32.join(state, 'run') };
  }
  if (platform === 'darwin') {
    const config = posix.join(homedir, 'Library', 'Application Support', 'gprxy');
    return { config, state: config, runtime: posix.join(config, 'run') };
  }
  const state = posix.join(xdg(env.XDG_STATE_HOME) ?? posix.join(homedir, '.local', 'state'), 'gprxy');
  const runtime = xdg(env.XDG_RUNTIME_DIR);
  return {
    config: posix.join(xdg(env.XDG_CONFIG_HOME) ?? posix.join(homedir, '.config'), 'gprxy'),
    state,
    runtime: runtime === undefined ? posix.join(state, 'run') : posix.join(runtime, 'gprxy'),
  };
}

/** The XDG specification: relative paths are invalid and ignored, empty means unset. */
function xdg(value: string | undefined): string | undefined {
  return value !== undefined && posix.isAbsolute(value) ? value : undefined;
}

/** Relative names count from the current directory, as the person who set the variable means them. */
function absolute({ platform }: PathsInput, value: string | undefined): string | undefined {
  if (value === undefined || value === '') return undefined;
  return platform === 'win32' ? win32.resolve(value) : posix.resolve(value);
}

/** Pipes live in one flat name space, so the name is made from the directory that makes this daemon distinct. */
function pipeName(stateDirectory: string): string {
  return `\\\\.\\pipe\\gprxy-${stateDirectory.replaceAll(/[^A-Za-z0-9]+/g, '-')}`;
}
