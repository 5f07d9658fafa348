/** The variables of a process, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

const ROOT_CREDENTIALS = /^(DATABASE_ROOT_URL|POSTGRES_ROOT_.*)$/;

/** Names of variables that hold administrator credentials, which the running gateway must not be able to read. */
export function rootCredentialsIn(env: Environment): string[] {
  return Object.keys(env).filter((name) => ROOT_CREDENTIALS.test(name) && env[name] !== undefined);
}

const REFERENCE = /^env:([A-Za-z_][A-Za-z0-9_]*)$/;

/**
 * A copy of `value` in which every text `env:NAME` is the value of that variable.
 * `onMissing` is told the path and the name of a variable that is unset or empty, and throws.
 */
export function resolveReferences(
  value: unknown,
  env: Environment,
  onMissing: (path: readonly (string | number)[], name: string) => never,
  path: readonly (string | number)[] = [],
): unknown {
  if (typeof value === 'string') {
    const name = REFERENCE.exec(value)?.[1];
    return name === undefined ? value : env[name] || onMissing(path, name);
  }
  if (Array.isArray(value)) {
    return value.map((item, index) => resolveReferences(item, env, onMissing, [...path, index]));
  }
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, resolveReferences(item, env, onMissing, [...path, key])]),
  );
}
