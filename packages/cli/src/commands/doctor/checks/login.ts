import { neverExpires } from '@gprxy/credentials';
import { displayName } from '../../../names.ts';
import { relativeTime } from '../../../time-left.ts';
import { type Finding, ok } from '../check.ts';
import type { SetUp } from '../set-up.ts';

/** Whether there is a valid token now, renewed first if need be; an error says how to get one. */
export async function checkLogin({ token, dependencies }: SetUp): Promise<Finding> {
  const { identity, expiresAt } = await token();
  const { subject, email, name } = identity;
  const who = subject === undefined ? 'a token that does not say whose it is' : displayName({ subject, email, name });
  if (expiresAt >= neverExpires) return ok(`${who}, does not expire`);
  return ok(`${who}, token expires ${relativeTime(expiresAt, dependencies.now())}`);
}
