import { orAborted } from '../abort.ts';
import { cachedTokenSource } from '../cached-token-source.ts';
import type { TokenSource } from '../token-source.ts';
import type { AwsRdsIamCredential } from './credential-settings.ts';
import { loadSdk } from './load-sdk.ts';
import { once } from './once.ts';
import { sdkFailure } from './sdk-failure.ts';
import type { SourceDependencies } from './source-dependencies.ts';

/** Where a token is to be used; clouds that sign it put this in. */
export interface UpstreamLogin {
  readonly host: string;
  readonly port: number;
  readonly user: string;
}

/** What the signature says; a session that has begun goes on. */
const tokenLifeMs = 15 * 60_000;
/** `db.abc123.eu-west-1.rds.amazonaws.com`: an instance, a cluster or a proxy. In China the parts change places. */
const endpointName = /\.(?:rds\.)?([a-z]{2}(?:-[a-z]+)+-\d+)\.(?:rds\.)?amazonaws\.com(?:\.cn)?$/;

/**
 * IAM database authentication of Amazon RDS and Aurora: a request that is signed here, by whatever credentials the AWS SDK
 * finds, for one endpoint and one user. Nobody but the SDK's own credential sources is asked.
 */
export function createAwsRdsIamSource(
  credential: AwsRdsIamCredential,
  upstream: UpstreamLogin,
  deps: SourceDependencies,
): TokenSource {
  const { host, port } = credential.endpoint ?? upstream;
  const region = credential.region ?? endpointName.exec(host)?.[1];
  const signer = once(async () => {
    const { Signer } = loadSdk('@aws-sdk/rds-signer');
    return new Signer({
      hostname: host,
      port,
      username: upstream.user,
      ...(region !== undefined && { region }),
      ...(credential.profile !== undefined && { profile: credential.profile }),
    });
  });
  return cachedTokenSource({
    async request(signal) {
      const signedAt = deps.now();
      const token = await orAborted(sign(await signer()), signal);
      return { token, expiresAt: signedAt + tokenLifeMs, identity: { claims: {} } };
    },
    now: deps.now,
    random: deps.random ?? Math.random,
  });
}

async function sign(signer: { getAuthToken(): Promise<string> }): Promise<string> {
  try {
    return await signer.getAuthToken();
  } catch (error) {
    const words = error instanceof Error ? error.message : '';
    const hint = /region/i.test(words)
      ? 'Set aws_region in the profile: the name of the endpoint does not tell it.'
      : 'Run "aws sts get-caller-identity" to see who you are to AWS, or "aws sso login"; aws_profile in the profile names another.';
    throw sdkFailure(error, 'no token for Amazon RDS', hint);
  }
}
