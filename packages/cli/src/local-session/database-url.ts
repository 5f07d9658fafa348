import { isSocket } from '../local-endpoint.ts';
import type { LocalTarget } from './client-environment.ts';

/** The target as the URL that libraries look for in DATABASE_URL. A socket's directory is a parameter: it cannot be a host in a URL. */
export function databaseUrl({ endpoint, database, user }: Omit<LocalTarget, 'passwordFile'>): string {
  const path = `${encodeURIComponent(user)}@${isSocket(endpoint) ? 'localhost' : hostOf(endpoint.host)}:${endpoint.port}/${encodeURIComponent(database)}`;
  const socket = isSocket(endpoint) ? `host=${encodeURIComponent(endpoint.host)}&` : '';
  return `postgresql://${path}?${socket}sslmode=disable`;
}

function hostOf(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
