import { loadConfig } from '@gprxy/sidecar';
import { configInput } from '../../../config-input.ts';
import { type Finding, ok, warning } from '../check.ts';
import type { SetUp } from '../set-up.ts';

/** The file is there, and its profile can be used. What is wrong with other profiles is worth a warning. */
export async function checkConfiguration({ profile, dependencies }: SetUp): Promise<Finding> {
  const { name } = await profile();
  const { path, problems } = await loadConfig(configInput(dependencies));
  const [other] = problems.values();
  if (other !== undefined) {
    return warning(`profile "${name}" is good, another is not: ${other.message}`, other.hint ?? `Correct ${path}.`);
  }
  return ok(`${path}, profile "${name}"`);
}
