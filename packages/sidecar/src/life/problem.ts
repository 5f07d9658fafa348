/** Why something is not served as the configuration says. */
export interface SidecarProblem {
  /** Absent where it is about the whole configuration. */
  readonly profile?: string;
  readonly message: string;
  readonly hint?: string;
}

/** Errors of any kind, in words for people. */
export function toProblem(error: unknown, profile?: string): SidecarProblem {
  const message = error instanceof Error ? error.message : String(error);
  return { ...(profile !== undefined && { profile }), message, ...hintOf(error) };
}

function hintOf(error: unknown): { hint?: string } {
  const hint = error instanceof Error && 'hint' in error ? error.hint : undefined;
  return typeof hint === 'string' ? { hint } : {};
}
