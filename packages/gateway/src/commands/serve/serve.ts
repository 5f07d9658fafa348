import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { formatHostAndPort } from '../../config/listen-address.ts';
import type { GatewayConfig } from '../../config.ts';
import { type GatewayDependencies, startGateway } from '../../start-gateway.ts';

export interface ServeDependencies extends GatewayDependencies {
  /** SIGTERM and SIGINT drain; a second one ends what still runs. SIGHUP opens the audit log anew. */
  readonly signals: NodeJS.EventEmitter;
}

/** Serves until a signal comes and the sessions have ended. */
export async function serve(config: GatewayConfig, dependencies: ServeDependencies): Promise<void> {
  const { log, signals } = dependencies;
  const gateway = await startGateway(config, dependencies);
  const addresses = gateway.listeners.map(({ address }) => formatAddress(address));
  log.info({ addresses, admin: gateway.admin && formatAddress(gateway.admin.address) }, 'listening');
  signals.on('SIGHUP', () => void gateway.reopenAudit());
  await nextSignal(signals);
  log.info({ drainTimeoutMs: config.drainTimeoutMs }, 'draining');
  const draining = gateway.close();
  nextSignal(signals).then(() => gateway.close(0));
  const { forced } = await draining;
  log.info({ forced }, 'stopped');
}

function nextSignal(signals: NodeJS.EventEmitter): Promise<unknown> {
  return Promise.race([once(signals, 'SIGTERM'), once(signals, 'SIGINT')]);
}

function formatAddress(address: AddressInfo | string): string {
  return typeof address === 'string' ? address : formatHostAndPort({ host: address.address, port: address.port });
}
