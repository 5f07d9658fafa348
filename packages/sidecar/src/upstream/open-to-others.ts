import { stat } from 'node:fs/promises';

/**
 * The mode of a key file that others could read, in octal, by libpq's rule for `sslkey`: of our own files nobody else may, of root's the
 * group may. `undefined`: it is ours alone; or it cannot be looked at, of which reading it says more.
 */
export async function openToOthers(path: string): Promise<string | undefined> {
  const own = process.getuid?.();
  const found = await stat(path).catch(() => undefined);
  if (own === undefined || found === undefined) return undefined;
  const forbidden = found.uid === 0 && own !== 0 ? 0o037 : 0o077;
  if ((found.mode & forbidden) === 0) return undefined;
  return (found.mode & 0o777).toString(8).padStart(4, '0');
}
