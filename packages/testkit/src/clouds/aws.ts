import { type FakeCloud, startCloudServer } from './cloud-server.ts';

export const awsCredentials = {
  AccessKeyId: 'ASIATESTACCESSKEY',
  SecretAccessKey: 'the-secret-access-key-of-the-test-container',
  Token: 'the-session-token-of-the-test-container',
} as const;

/**
 * The endpoint from which a container of ECS or EKS gets its role's credentials ("Container credential provider" of the AWS SDKs
 * reference guide). It asks for the container's authorization token, and the credentials last an hour.
 */
export function startAwsContainerCredentials(): Promise<FakeCloud> {
  const authorization = 'the-authorization-token-of-the-test-container';
  return startCloudServer(
    (origin) => ({
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `${origin}/credentials`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN: authorization,
    }),
    ({ url, headers }) => {
      if (url.pathname !== '/credentials') return undefined;
      if (headers.authorization !== authorization) return { status: 401, body: { message: 'not this container' } };
      const Expiration = new Date(Date.now() + 3_600_000).toISOString();
      return { body: { ...awsCredentials, Expiration } };
    },
  );
}
