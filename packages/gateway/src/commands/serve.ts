import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { SessionEvents } from '@gprxy/proxy-core';
import type { GatewayConfig } from '../config.ts';
import type { Who } from '../identify-client.ts';
import { startKeyRing } from '../issuer-keys-of.ts';
import type { Log } from '../log.ts';
import { startGateway } from '../start-gateway.ts';
import { createTokenVerifier } from '../verify-token.ts';

export interface ServeOptions {
  readonly config: GatewayConfig;
  readonly log: Log;
  readonly events: SessionEvents<Who>;
  /** SIGTERM and SIGINT drain; a second SIGINT does not wait. */
  readonly signals: NodeJS.EventEmitter;
}

/** Serves until a signal comes. */
export async function serve({ config, log, events, signals }: ServeOptions): Promise<void> {
  const keyRing = await startKeyRing(config, log, Date.now);
  const { issuers, maxTokenBytes } = config;
  const verifyToken = createTokenVerifier({ issuers, keysOf: keyRing.keysOf, now: Date.now, maxTokenBytes });
  const gateway = await startGateway(config, { verifyToken, now: Date.now, events });
  const addresses = gateway.listeners.map(({ address }) =>
    typeof address === 'string' ? address : `${address.address}:${address.port}`,
  );
  log.info({ addresses }, 'listening');
  await Promise.race([once(signals, 'SIGTERM'), once(signals, 'SIGINT')]);
  log.info({ drainTimeoutMs: config.drainTimeoutMs }, 'draining');
  const { forced } = await gateway.close();
  keyRing.stop();
  log.info({ forced }, 'stopped');
}

export const readText = (path: string): string => readFileSync(path, 'utf8');
