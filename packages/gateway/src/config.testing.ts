import { type ConfigSource, type GatewayConfig, loadConfig } from './config.ts';

/** A small file that is right; tests add to it or break it. */
export const CONFIG_TEXT = `listen = "127.0.0.1:6432"

[[issuers]]
issuer = "https://login.corp.example"
audience = "https://gprxy.corp.example"

[databases.sales]
upstream = "postgresql://db.corp.example/sales?sslrootcert=ca.crt"
identity = { mode = "login", backend_auth = "cert", cert = "gw.crt", key = "gw.key" }

[[rules]]
match = { groups = ["data-eng"] }
role = "{email}"
`;

export function configOf(text: string, source: Partial<ConfigSource> = {}): GatewayConfig {
  return loadConfig({ path: '/etc/gprxy/gateway.toml', env: {}, readFile: () => text, ...source });
}
