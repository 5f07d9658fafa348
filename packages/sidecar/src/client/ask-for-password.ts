import {
  type ClientConnection,
  decodeSASLInitialResponse,
  encodeAuthenticationSASL,
  encodeAuthenticationSASLContinue,
  encodeAuthenticationSASLFinal,
  GprxyError,
  MessageType,
  ProtocolError,
  ScramSha256Server,
  type ScramVerifier,
  SqlState,
} from '@gprxy/proxy-core';

/** PostgreSQL's own limit for messages of SCRAM. */
const MAX_SCRAM_BYTES = 1_024;
const MECHANISM = 'SCRAM-SHA-256';

/**
 * Has a client show that it knows a password, without either side telling it. Whatever name it gives is as good as another: the
 * upstream gets the profile's. Rejects with GprxyError 28P01, or ProtocolError.
 */
export function askForPassword(verifier: ScramVerifier) {
  return async ({ channel, startup }: ClientConnection, signal: AbortSignal): Promise<void> => {
    const read = async () => (await channel.readMessage(signal, MAX_SCRAM_BYTES, MessageType.SASLInitialResponse)).body;
    const user = startup.parameters.get('user') ?? '';
    const scram = new ScramSha256Server({ verifier, user });
    channel.write(encodeAuthenticationSASL([MECHANISM]));
    const { mechanism, data } = decodeSASLInitialResponse(await read());
    if (mechanism !== MECHANISM) throw new ProtocolError('client selected an invalid SASL authentication mechanism');
    // RFC 4422, 5.1: a client that sent no initial response is asked for it by an empty challenge.
    if (!data) channel.write(encodeAuthenticationSASLContinue(Buffer.alloc(0)));
    channel.write(encodeAuthenticationSASLContinue(scram.firstMessage(data ?? (await read()))));
    const serverFinal = scram.finalMessage(await read());
    if (!serverFinal) throw wrongPassword(user);
    channel.write(encodeAuthenticationSASLFinal(serverFinal));
  };
}

function wrongPassword(user: string): GprxyError {
  return new GprxyError('a client did not know the local password', {
    code: 'ERR_LOCAL_PASSWORD',
    sqlState: SqlState.InvalidPassword,
    clientMessage: `password authentication failed for user "${user}"`,
    hint: 'The password of this port is in the file that "gprxy dsn" names, a new one each time that gprxy starts; "gprxy psql" knows it.',
  });
}
