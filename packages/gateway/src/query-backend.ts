import {
  decodeErrorFields,
  encodeQuery,
  MessageType,
  ProtocolError,
  terminate,
  UpstreamError,
  type UpstreamSession,
} from '@gprxy/proxy-core';

const MAX_MESSAGE_BYTES = 1 << 20;

type Row = ReadonlyArray<string | null>;

/** Runs one statement over a session of the gateway's own and returns its rows. Errors: UpstreamError. */
export async function queryBackend({ channel }: UpstreamSession, sql: string, signal: AbortSignal): Promise<Row[]> {
  channel.write(encodeQuery(sql));
  const rows: Row[] = [];
  let failure: UpstreamError | undefined;
  for (;;) {
    const { type, body } = await channel.readMessage(signal, MAX_MESSAGE_BYTES);
    if (type === MessageType.DataRow) rows.push(decodeRow(body));
    if (type === MessageType.ErrorResponse) {
      const response = decodeErrorFields(body);
      failure = new UpstreamError(`a query of the gateway failed: ${response.message}`, { response });
    }
    if (type !== MessageType.ReadyForQuery) continue;
    if (failure) throw failure;
    return rows;
  }
}

/** Ends a session and waits until the server has: until then it counts towards the connection limit of its role. */
export async function endSession({ channel }: UpstreamSession, signal: AbortSignal): Promise<void> {
  try {
    channel.write(terminate);
    while (await channel.readBytes(1, signal));
  } finally {
    channel.socket.destroy();
  }
}

/** Int16 count, then for each column Int32 length (-1: null) and the text. */
function decodeRow(body: Buffer): Row {
  try {
    const row: Array<string | null> = [];
    let offset = 2;
    for (let count = body.readInt16BE(0); count > 0; count--) {
      const length = body.readInt32BE(offset);
      offset += 4;
      if (length > body.length - offset) throw new RangeError('column beyond the end of the row');
      row.push(length < 0 ? null : body.toString('utf8', offset, offset + length));
      offset += Math.max(length, 0);
    }
    return row;
  } catch (cause) {
    throw new ProtocolError('malformed DataRow', { cause });
  }
}
