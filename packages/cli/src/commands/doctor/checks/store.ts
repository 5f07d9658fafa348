import { storeName } from '../../../names.ts';
import { profileLogin } from '../../../profile-login.ts';
import { type Finding, ok } from '../check.ts';
import type { SetUp } from '../set-up.ts';

/** Whether the store of this profile's login keeps what it is given; a locked or missing one says so itself. */
export async function checkStore({ profile, dependencies }: SetUp, signal: AbortSignal): Promise<Finding> {
  const examined = await profile();
  const { kind } = examined.credential;
  if (kind !== 'oidc') return ok(`not needed by credential = "${kind}"`);
  const { store } = await profileLogin(examined, dependencies);
  await store.probe(signal);
  return ok(storeName(store.kind, dependencies.platform));
}
