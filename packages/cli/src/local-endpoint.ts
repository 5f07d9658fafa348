/** Where a client finds the sidecar on this machine: `host` is a name, an address, or the directory of a Unix socket (as libpq takes it). */
export interface LocalEndpoint {
  readonly host: string;
  readonly port: number;
  /** Where the password is that it asks for; absent where it asks for none. */
  readonly passwordFile?: string;
}

const socketName = /^(.*)[\\/]\.s\.PGSQL\.(\d{1,5})$/;
const tcpAddress = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/;

/** Reads an address as the sidecar writes it: `127.0.0.1:5433`, `[::1]:5433`, `/run/user/1000/gprxy/.s.PGSQL.5432`. */
export function parseEndpoint(address: string): LocalEndpoint | undefined {
  const socket = socketName.exec(address);
  if (socket) return { host: socket[1] ?? '', port: Number(socket[2]) };
  const tcp = tcpAddress.exec(address);
  return tcp ? { host: tcp[1] ?? tcp[2] ?? '', port: Number(tcp[3]) } : undefined;
}

export function isSocket(endpoint: LocalEndpoint): boolean {
  return endpoint.host.startsWith('/');
}
