import type { Profile } from '@gprxy/sidecar';
import { CliError } from '../../cli-error.ts';
import type { Dependencies } from '../../dependencies.ts';
import { say } from '../../say.ts';

/** Reads the upstream as the sidecar will: may a token go there? Nothing is dialled. Rejects with CliError ERR_UPSTREAM_DSN. */
export async function checkUpstream(profile: Profile, dependencies: Dependencies): Promise<void> {
  const { resolveUpstream } = await dependencies.sidecars();
  const warn = (_fields: object, message: string): void => say(dependencies, `gprxy: warning: ${message}`);
  const log = { debug() {}, info() {}, warn, error() {} };
  try {
    await resolveUpstream(profile, dependencies.readFile, log);
  } catch (error) {
    const { message, hint } = error as Error & { hint?: string };
    throw new CliError(message, { code: 'ERR_DSN', hint: hint ?? 'Correct --upstream.' });
  }
}
