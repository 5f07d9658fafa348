import { ProtocolError, UpstreamError } from '../errors.ts';
import { decodeErrorFields } from '../wire/error-response.ts';
import { MessageType } from '../wire/message-type.ts';
import type { Message, MessageChannel } from './message-channel.ts';

/** More of them than any server has to say before it is ready. */
export const MAX_LOGIN_MESSAGES = 1_000;

/** The next message of the login; an ErrorResponse ends it with the server's own words. */
export async function readLoginMessage(
  channel: MessageChannel,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Message> {
  const message = await channel.readMessage(signal, maxBytes);
  if (message.type !== MessageType.ErrorResponse) return message;
  const response = decodeErrorFields(message.body);
  throw new UpstreamError(`the upstream refused the login: ${response.message}`, {
    code: 'ERR_UPSTREAM_REFUSED',
    ...(response.code === undefined ? {} : { sqlState: response.code }),
    response,
  });
}

export function unexpectedFromUpstream(message: Message): ProtocolError {
  return new ProtocolError(`unexpected message type 0x${message.type.toString(16)} from the upstream during login`);
}
