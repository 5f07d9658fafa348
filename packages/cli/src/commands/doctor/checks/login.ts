import { neverExpires } from '@gprxy/credentials';
import { displayName } from '../../../names.ts';
import { profileLogin } from '../../../profile-login.ts';
import { relativeTime } from '../../../time-left.ts';
import { type Finding, ok, warning } from '../check.ts';
import type { SetUp } from '../set-up.ts';

/** Whether there is a valid token now, renewed first if need be; an error says how to get one. */
export async function checkLogin(setUp: SetUp): Promise<Finding> {
  const { token, dependencies } = setUp;
  const { identity, expiresAt } = await token();
  const { subject, email, name } = identity;
  const who = subject === undefined ? 'a token that does not say whose it is' : displayName({ subject, email, name });
  if (expiresAt >= neverExpires) return ok(`${who}, does not expire`);
  const found = `${who}, token expires ${relativeTime(expiresAt, dependencies.now())}`;
  if (await isRenewable(setUp)) return ok(found);
  return warning(
    `${found}, and cannot be renewed`,
    'Add "offline_access" to scopes of the profile, then run "gprxy login".',
  );
}

/** Whether the provider gave a refresh token along. Other credentials than a person's login need none. */
async function isRenewable({ profile, dependencies }: SetUp): Promise<boolean> {
  const examined = await profile();
  if (examined.credential.kind !== 'oidc') return true;
  const { store, account } = await profileLogin(examined, dependencies);
  return (await store.read(account))?.refreshToken !== undefined;
}
