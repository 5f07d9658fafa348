import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';

export interface Asked {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

/** One request to 127.0.0.1, by node:http, since fetch() lets nobody choose the Host header. */
export async function askLoopback(port: number, path: string, { method = 'GET', headers = {}, body }: Asked = {}) {
  const sent = request({ host: '127.0.0.1', port, path, agent: false, method, headers });
  sent.on('error', () => {});
  sent.end(body);
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    sent.once('response', resolve).once('error', reject);
  });
  return { code: response.statusCode, headers: response.headers, text: await text(response) };
}
