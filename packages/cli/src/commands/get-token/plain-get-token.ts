import type { Environment } from '../../terminal.ts';
import type { GetTokenOptions } from './get-token-command.ts';

/** What else may change what get-token does: with any of them set, the whole command line is read. */
export const ENVIRONMENT_OF_GET_TOKEN = ['GPRXY_FORMAT', 'GPRXY_MIN_TTL', 'GPRXY_AUDIENCE', 'GPRXY_SCOPE'] as const;

/** The options of `gprxy get-token [--profile NAME]`, as programs call it; undefined for every other command line. */
export function plainGetToken(args: readonly string[], env: Environment): GetTokenOptions | undefined {
  const [command, flag, name, ...more] = args;
  if (command !== 'get-token' || more.length > 0 || ENVIRONMENT_OF_GET_TOKEN.some((variable) => env[variable])) return;
  if (flag === undefined) return { format: 'raw', ...(env.GPRXY_PROFILE && { profile: env.GPRXY_PROFILE }) };
  if (flag !== '--profile' || !name || name.startsWith('-')) return undefined;
  return { format: 'raw', profile: name };
}
