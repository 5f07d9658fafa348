import type { AccessToken } from '@gprxy/credentials';
import type { Profile, SidecarStatus } from '@gprxy/sidecar';
import { chosenProfile } from '../../chosen-profile.ts';
import type { Dependencies } from '../../dependencies.ts';
import { tokenSourceFor } from '../../profile-login.ts';
import { sidecarStatus } from '../../running-sidecar.ts';

/** What is examined. Several checks look at the same things, each of which is fetched once. */
export interface SetUp {
  readonly dependencies: Dependencies;
  /** Of Node, such as 20.19.0. */
  readonly nodeVersion: string;
  profile(): Promise<Profile>;
  token(): Promise<AccessToken>;
  /** Of the running sidecar; undefined when none runs. */
  status(): Promise<SidecarStatus | undefined>;
}

export function createSetUp(
  profileName: string | undefined,
  dependencies: Dependencies,
  nodeVersion: string,
  signal: AbortSignal,
): SetUp {
  const profile = once(() => chosenProfile(profileName, dependencies));
  return {
    dependencies,
    nodeVersion,
    profile,
    token: once(async () => (await tokenSourceFor(await profile(), dependencies)).getToken(signal)),
    status: once(() => sidecarStatus(dependencies)),
  };
}

function once<Result>(work: () => Promise<Result>): () => Promise<Result> {
  let result: Promise<Result> | undefined;
  return () => {
    result ??= work();
    return result;
  };
}
