/** What can become of a command; each command has a transcript of each, or a reason why there is none. */
export const situations = [
  'success',
  'bad usage',
  'missing configuration',
  'expired login',
  'refused login',
  'no network',
] as const;
export type Situation = (typeof situations)[number];

/** A command line and what it prints. Lines of output may hold placeholders. */
export interface Command {
  readonly kind: 'command';
  /** For /bin/sh; more than one line where it goes on. */
  readonly line: string;
  readonly stdout: readonly string[];
  readonly stderr: readonly string[];
  readonly exitCode: number;
}

/** Something about the world that holds from here on, such as "the identity provider is down". */
export interface Given {
  readonly kind: 'given';
  readonly sentence: string;
}

/** What one person does from a new home on. */
export interface Scene {
  readonly kind: 'scene';
  readonly situation: Situation;
  readonly title: string;
  readonly steps: ReadonlyArray<Command | Given>;
}

/** A situation that a command cannot be in. */
export interface Gap {
  readonly kind: 'gap';
  readonly situation: Situation;
  readonly reason: string;
}

/** A line for readers. */
export interface Prose {
  readonly kind: 'prose';
  readonly text: string;
}

export type Entry = Scene | Gap | Prose;
export type Transcript = readonly Entry[];
