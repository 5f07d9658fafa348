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
  /** The daemon's control socket (on Windows a named pipe). */
  readonly controlSocket: string;
}

export function paths(_input: PathsInput): Paths {
  throw new Error('not written yet');
}
