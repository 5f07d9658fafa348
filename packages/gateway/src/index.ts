export { type GatewayConfig, loadConfig } from './config.ts';
export { type Gateway, startGateway } from './start-gateway.ts';
