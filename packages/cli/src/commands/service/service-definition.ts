import type { Environment } from '../../terminal.ts';

/** What there is to know to have the system start the sidecar at login. */
export interface ServiceInput {
  readonly platform: NodeJS.Platform;
  readonly env: Environment;
  readonly homedir: string;
  /** Numeric user id; launchd names its domains by it. */
  readonly uid: number;
  /** The command line that runs this program. */
  readonly self: readonly string[];
  /** Where the sidecar logs to, where the system keeps no log of its own. */
  readonly logFile: string;
  /** Arguments of `gprxy start`. */
  readonly startArguments: readonly string[];
  /** Addresses that the system could listen on in our place, as it writes them. */
  readonly sockets: readonly string[];
}

export type CommandLine = readonly [command: string, ...args: string[]];

/** How one system is told to do so: a file, and commands. */
export interface ServiceDefinition {
  /** What the system calls such a thing. */
  readonly kind: string;
  readonly file: string;
  readonly text: string;
  readonly encoding: 'utf8' | 'utf16le';
  /** Succeeds where there is such a system at all. */
  readonly probe: CommandLine;
  readonly install: readonly CommandLine[];
  readonly restart: readonly CommandLine[];
  /** The file is removed after the first of them. */
  readonly uninstall: readonly CommandLine[];
  /** A second file, by which the system listens in the sidecar's place. Without a `text` there is nothing to listen on. */
  readonly socket?: { readonly file: string; readonly text?: string; readonly uninstall: CommandLine };
  readonly status: CommandLine;
  /** How to see its log. */
  readonly log: string;
  /** What people should know in addition. */
  readonly notes: readonly string[];
}

/** The variables that decide which configuration, state and network the sidecar sees, as far as they are set. */
export function carriedVariables(env: Environment): ReadonlyArray<readonly [name: string, value: string]> {
  const names = Object.keys(env).filter((name) =>
    /^(GPRXY_(CONFIG|STATE_DIR|NO_WATCH)|XDG_(CONFIG|STATE)_HOME|(HTTPS?|NO)_PROXY|NODE_EXTRA_CA_CERTS|SSL_CERT_FILE)$/i.test(
      name,
    ),
  );
  return names.sort().flatMap((name) => (env[name] ? [[name, env[name]] as const] : []));
}
