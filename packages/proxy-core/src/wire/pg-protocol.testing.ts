import { PassThrough } from 'node:stream';
import { parse } from 'pg-protocol';

/** What node-postgres makes of messages from a server: a second opinion on what we send to clients. */
export async function parseAsClient(...messages: Buffer[]): Promise<unknown[]> {
  const stream = new PassThrough();
  const parsed: unknown[] = [];
  const done = parse(stream, (message) => parsed.push(message));
  stream.end(Buffer.concat(messages));
  await done;
  return parsed;
}
