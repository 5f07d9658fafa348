import { GprxyError, SqlState } from '../errors.ts';
import type { FrontendKey } from '../wire/cancel-key.ts';
import { PROTOCOL_3_2, parseStartupPacket, type StartupMessage, type StartupPacket } from '../wire/startup-packet.ts';
import { NotPostgres } from './connection-errors.ts';
import { MessageChannel } from './message-channel.ts';
import { acceptTls, type ClientTls, refuseStuffedBytes, TLS_HANDSHAKE_BYTE } from './negotiate-tls.ts';

/** What a client opened its connection for. */
export type Opening =
  | OpenedStartup
  | { readonly kind: 'cancel'; readonly key: FrontendKey }
  | { readonly kind: 'nothing' };

export interface OpenedStartup {
  readonly kind: 'startup';
  readonly channel: MessageChannel;
  readonly startup: StartupMessage;
  readonly encrypted: boolean;
}

/**
 * From accept to StartupMessage or CancelRequest, encryption requests answered on the way
 * (protocol chapter, "Start-up"; the order of the checks is that of PostgreSQL's ProcessStartupPacket).
 *
 * `holder.channel` is replaced by the encrypted one, so that whoever holds it can still send an error through it.
 */
export async function readStartup(
  holder: { channel: MessageChannel },
  tls: ClientTls,
  signal: AbortSignal,
): Promise<Opening> {
  let encrypted = false;
  let gssRefused = false;
  const encrypt = async (options: { direct: boolean }) => {
    if (tls.mode === 'refused') throw new NotPostgres('TLS is not offered here');
    holder.channel = new MessageChannel(await acceptTls(holder.channel, tls.context, options, signal));
    encrypted = true;
  };

  if ((await holder.channel.peekByte(signal)) === TLS_HANDSHAKE_BYTE) await encrypt({ direct: true });
  let sslAnswered = encrypted;
  for (;;) {
    const { channel } = holder;
    const bytes = await channel.readStartupPacket(signal);
    if (!bytes) return { kind: 'nothing' };
    const packet = parseStartupPacket(bytes);
    switch (packet.kind) {
      case 'SSLRequest':
        if (sslAnswered) throw repeatedRequest(packet);
        sslAnswered = true;
        refuseStuffedBytes(channel, 'SSL');
        channel.write(tls.mode === 'refused' ? REFUSE_ENCRYPTION : ACCEPT_TLS);
        if (tls.mode !== 'refused') await encrypt({ direct: false });
        break;
      case 'GSSENCRequest':
        if (gssRefused || encrypted) throw repeatedRequest(packet);
        gssRefused = true;
        refuseStuffedBytes(channel, 'GSSAPI encryption');
        channel.write(REFUSE_ENCRYPTION);
        break;
      case 'CancelRequest':
        return { kind: 'cancel', key: packet.key };
      case 'StartupMessage':
        if (tls.mode === 'required' && !encrypted) throw plaintextRefused();
        return { kind: 'startup', channel, startup: packet, encrypted };
    }
  }
}

const ACCEPT_TLS = Buffer.from('S');
const REFUSE_ENCRYPTION = Buffer.from('N');

function repeatedRequest(packet: StartupPacket): GprxyError {
  const code = packet.kind === 'SSLRequest' ? '1234.5679' : '1234.5680';
  const supported = `3.0 to 3.${PROTOCOL_3_2 & 0xffff}`;
  return new GprxyError(`unsupported frontend protocol ${code}: server supports ${supported}`, {
    code: 'ERR_PROTOCOL',
    sqlState: SqlState.FeatureNotSupported,
  });
}

function plaintextRefused(): GprxyError {
  return new GprxyError('this server accepts encrypted connections only', {
    code: 'ERR_TLS_REQUIRED',
    sqlState: SqlState.InvalidAuthorization,
    hint: 'Connect with sslmode=verify-full, or through "gprxy start", which does so for you.',
  });
}
