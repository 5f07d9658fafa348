import { isSocket, type LocalEndpoint } from './local-endpoint.ts';

export interface UrlTarget {
  readonly endpoint: LocalEndpoint;
  readonly database: string;
  /** Left out where the client can do without one. */
  readonly user?: string | undefined;
}

/**
 * Where the sidecar is, as a URL of libpq (PostgreSQL documentation, "Connection URIs"), which most libraries read too. The directory of a
 * socket is a parameter: the host of a URL cannot hold it.
 */
export function connectionUrl({ endpoint, database, user }: UrlTarget): string {
  const name = user === undefined ? undefined : urlPart(user);
  if (isSocket(endpoint)) {
    const parameters = [`host=${urlPart(endpoint.host)}`, `port=${endpoint.port}`, ...(name ? [`user=${name}`] : [])];
    return `postgresql:///${urlPart(database)}?${parameters.join('&')}&sslmode=disable`;
  }
  const person = name === undefined ? '' : `${name}@`;
  return `postgresql://${person}${urlHost(endpoint)}:${endpoint.port}/${urlPart(database)}?sslmode=disable`;
}

export function urlHost({ host }: LocalEndpoint): string {
  return host.includes(':') ? `[${host}]` : host;
}

/** The apostrophe is encoded too, so that a URL can stand between two of them in a shell. */
export function urlPart(text: string): string {
  return encodeURIComponent(text).replaceAll("'", '%27');
}
