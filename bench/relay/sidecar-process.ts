// A sidecar as `gprxy start` runs it, but for the token, which comes with the settings on standard input.
import { readFileSync } from 'node:fs';
import { keepYoungGenerationSmall, startSidecar } from '@gprxy/sidecar';

export interface SidecarSettings {
  readonly port: number;
  readonly upstream: string;
  readonly user: string;
  readonly token: string;
  /** Default: 200. */
  readonly maxConnections?: number;
  /** A Unix socket to listen on as well. */
  readonly path?: string;
  /** Default: `off`, so that nothing but the clients' own sessions is measured. */
  readonly warm?: 'auto' | 'off';
  readonly controlSocketPath?: string;
}

const settings: SidecarSettings = JSON.parse(readFileSync(0, 'utf8'));
const { port, upstream, user, token, maxConnections = 200, path, warm = 'off', controlSocketPath } = settings;
const nothing = () => {};
const identity = { issuer: 'https://login.example', subject: user, email: user, claims: {} };

keepYoungGenerationSmall();
const sidecar = await startSidecar({
  ...(controlSocketPath !== undefined && { controlSocketPath }),
  profiles: [
    {
      name: 'bench',
      upstream,
      listen: [{ host: '127.0.0.1', port }, ...(path === undefined ? [] : [{ path }])],
      localAuth: 'same-user',
      user: '{email}',
      credential: { kind: 'env', variable: 'NOT_READ_HERE' },
      drainTimeoutMs: 1_000,
      maxConnections,
      warm,
    },
  ],
  tokenSourceFor: () => ({ getToken: async () => ({ token, expiresAt: Date.now() + 3_600_000, identity }) }),
  log: { debug: nothing, info: nothing, warn: nothing, error: (fields, message) => console.error(message, fields) },
});
if (sidecar.problems.length > 0) {
  console.error(sidecar.problems);
  process.exit(1);
}
process.on('SIGTERM', async () => {
  await sidecar.close();
  process.exit(0);
});
