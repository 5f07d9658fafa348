import { CliError } from '../../../cli-error.ts';
import { type Finding, ok } from '../check.ts';
import type { SetUp } from '../set-up.ts';

/** "engines" of the package, which npm only warns about. */
const oldest = [20, 19] as const;

export async function checkNode({ nodeVersion }: SetUp): Promise<Finding> {
  const [major = 0, minor = 0] = nodeVersion.split('.').map(Number);
  const isOld = major < oldest[0] || (major === oldest[0] && minor < oldest[1]);
  if (!isOld) return ok(`version ${nodeVersion}`);
  throw new CliError(`version ${nodeVersion} is too old`, {
    code: 'ERR_NODE_VERSION',
    hint: `Install Node ${oldest.join('.')} or later: https://nodejs.org/en/download`,
  });
}
