import { execFile } from 'node:child_process';
import { chmod } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import type { TestProvider } from '../../oidc/test-provider.ts';
import { temporaryDirectory } from '../../temporary-directory.ts';
import { postgresOsUser, reachableTemporaryRoot } from '../os-user.ts';

// From the build as well, which has no C.
const SOURCE = fileURLToPath(new URL('../../../src/postgres/oauth/oauth-validator.c', import.meta.url));

export interface TokenValidator extends AsyncDisposable {
  /** For `oauth_validator_libraries` of PostgreSQL 18. */
  readonly libraryFile: string;
}

/**
 * A validator module of PostgreSQL 18 that takes access tokens of `provider`: the person is called as the token's `email` says.
 * Needs gcc (`has.gcc`).
 */
export async function startTokenValidator(
  provider: Pick<TestProvider, 'issuer' | 'audience'>,
): Promise<TokenValidator> {
  const parent = await reachableTemporaryRoot(postgresOsUser());
  const directory = await temporaryDirectory({ parent, prefix: 'gprxy-validator-' });
  await chmod(directory.path, 0o755);
  const socketFile = join(directory.path, 'socket');
  const libraryFile = join(directory.path, 'validator.so');
  const nameIn = await verifierOf(provider);
  const define = `-DSOCKET_PATH="${socketFile}"`;
  await promisify(execFile)('gcc', ['-shared', '-fPIC', '-Wall', '-Werror', define, '-o', libraryFile, SOURCE]);
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => undefined);
    let token = '';
    socket.setEncoding('utf8').on('data', (text: string) => {
      token += text;
    });
    socket.once('end', async () => socket.end(await nameIn(token).catch(() => '')));
  });
  await new Promise<void>((resolve) => server.listen(socketFile, resolve));
  await chmod(socketFile, 0o777);
  return {
    libraryFile,
    async [Symbol.asyncDispose]() {
      server.close();
      await directory.remove();
    },
  };
}

async function verifierOf({ issuer, audience }: Pick<TestProvider, 'issuer' | 'audience'>) {
  const metadata = await fetch(`${issuer}/.well-known/openid-configuration`);
  const { jwks_uri } = (await metadata.json()) as { jwks_uri: string };
  const keys = createRemoteJWKSet(new URL(jwks_uri));
  return async (token: string) => String((await jwtVerify(token, keys, { issuer, audience })).payload.email ?? '');
}
