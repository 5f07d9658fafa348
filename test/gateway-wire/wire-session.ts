import { once } from 'node:events';
import { connect as connectTls } from 'node:tls';
import { decodeErrorFields, type ErrorFields, encodeStartupMessage, PROTOCOL_3_0, sslRequest } from '@gprxy/proxy-core';
import { alice, RawClient, type Stack } from '@gprxy/testkit';

export interface WireMessage {
  /** Its letter. */
  readonly type: string;
  readonly body: Buffer;
  /** Header and body. */
  readonly frame: Buffer;
}

export const BY_OAUTHBEARER = ['options', '-c gprxy.auth=oauthbearer'] as const;

/** What alice's client says first, in protocol 3.0; `parameters` replace its own. */
export function startup(
  parameters: Iterable<readonly [name: string, value: string]> = [],
  protocolVersion = PROTOCOL_3_0,
): Buffer {
  const alices = [
    ['user', alice.email],
    ['database', 'sales'],
  ] as const;
  return encodeStartupMessage(protocolVersion, new Map([...alices, ...parameters]));
}

/** A client of the gateway, or of whoever listens at `port`, that sends bytes and reads messages. */
export class WireSession {
  readonly client: RawClient;

  private constructor(client: RawClient) {
    this.client = client;
  }

  static async plain({ gateway }: Pick<Stack, 'gateway'>, port = gateway.port): Promise<WireSession> {
    return new WireSession(await RawClient.open(port));
  }

  /** TLS from the first byte, as with `sslnegotiation=direct`, or after an SSLRequest (PostgreSQL 16 knows nothing else). */
  static async secure(
    stack: Pick<Stack, 'gateway' | 'ca'>,
    { port = stack.gateway.port, direct = true } = {},
  ): Promise<WireSession> {
    const plain = await RawClient.open(port);
    if (!direct) await plain.send(sslRequest).read(1);
    const { socket } = plain;
    socket.removeAllListeners('data');
    const ca = stack.ca.certPem;
    const secured = connectTls({ socket, ca, servername: 'localhost', ALPNProtocols: ['postgresql'] });
    await once(secured, 'secureConnect');
    return new WireSession(RawClient.over(secured));
  }

  send(...parts: Buffer[]): this {
    this.client.send(...parts);
    return this;
  }

  /** The next message, `undefined` when the connection ends instead. */
  async next(): Promise<WireMessage | undefined> {
    const header = await this.client.read(5);
    if (header.length < 5) return undefined;
    const body = await this.client.read(header.readInt32BE(1) - 4);
    return { type: String.fromCharCode(header[0] as number), body, frame: Buffer.concat([header, body]) };
  }

  /** Every message up to one of these types, or up to the end of the connection. */
  async upTo(types: string): Promise<WireMessage[]> {
    const messages: WireMessage[] = [];
    for (;;) {
      const message = await this.next();
      if (message) messages.push(message);
      if (!message || types.includes(message.type)) return messages;
    }
  }

  /** The error that ends the connection; nothing may come behind it. */
  async fatal(): Promise<ErrorFields> {
    const messages = await this.upTo('E');
    const last = messages.at(-1);
    if (last?.type !== 'E') throw new Error(`no ErrorResponse, but ${messages.map(({ type }) => type).join('')}`);
    const { bytes } = await this.client.readToEnd();
    if (bytes.length > 0) throw new Error(`${bytes.length} bytes behind the ErrorResponse`);
    return decodeErrorFields(last.body);
  }

  end(): void {
    this.client.socket.destroy();
  }
}

export const typesOf = (messages: readonly WireMessage[]): string => messages.map(({ type }) => type).join('');
