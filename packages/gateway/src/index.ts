export { ConfigError } from './config/config-error.ts';
export { type GatewayConfig, loadConfig } from './config.ts';
export type { Log } from './log.ts';
export { type Gateway, type GatewayDependencies, startGateway } from './start-gateway.ts';
