import { ProtocolError, SqlState } from '../errors.ts';
import { KEY_BYTES } from './scram-messages.ts';

/** What a client says in SCRAM-SHA-256 (RFC 5802 section 7), read as strictly as PostgreSQL's auth-scram.c does. */

export interface ClientFirstMessage {
  /** `n,,` or `y,,`. */
  readonly gs2Header: string;
  /** What the signatures cover. */
  readonly bare: string;
  readonly nonce: string;
}

const CLIENT_FIRST =
  /^(?<header>(?<flag>[^,]*),(?<authzid>[^,]*),)(?<bare>(?:(?<mext>m=)|n=[^,]*,r=(?<nonce>[\x21-\x2b\x2d-\x7e]+)(?:,|$)).*)$/s;
const CLIENT_FINAL =
  /^(?<withoutProof>c=(?<binding>[^,]*),r=(?<nonce>[\x21-\x2b\x2d-\x7e]+)(?:,.*)?),p=(?<proof>[^,]*)$/s;

/** @throws {ProtocolError} 08P01 if it is malformed or bound to a channel, 0A000 for an authorization identity or an extension */
export function parseClientFirst(message: Buffer): ClientFirstMessage {
  const { header, flag, authzid, bare, mext, nonce } = CLIENT_FIRST.exec(textOf(message))?.groups ?? {};
  if (header === undefined || bare === undefined) throw malformed();
  if (flag?.startsWith('p=')) {
    throw malformed(
      'The client selected SCRAM-SHA-256 without channel binding, but the message includes channel binding data.',
    );
  }
  if (flag !== 'n' && flag !== 'y') throw malformed('Unexpected channel-binding flag.');
  if (authzid?.startsWith('a=')) throw unsupported('client uses authorization identity, but it is not supported');
  if (authzid !== '') throw malformed('Unexpected attribute in client-first-message.');
  if (mext !== undefined) throw unsupported('client requires an unsupported SCRAM extension');
  if (nonce === undefined) throw malformed();
  return { gs2Header: header, bare, nonce };
}

export interface ClientFinalMessage {
  /** Base64. */
  readonly binding: string;
  /** The client's and ours. */
  readonly nonce: string;
  /** 32 bytes. */
  readonly proof: Buffer;
  readonly withoutProof: string;
}

/** @throws {ProtocolError} 08P01 */
export function parseClientFinal(message: Buffer): ClientFinalMessage {
  const { withoutProof, binding, nonce, proof = '' } = CLIENT_FINAL.exec(textOf(message))?.groups ?? {};
  if (withoutProof === undefined || binding === undefined || nonce === undefined) throw malformed();
  const bytes = Buffer.from(proof, 'base64');
  if (bytes.length !== KEY_BYTES || bytes.toString('base64') !== proof) {
    throw malformed('Malformed proof in client-final-message.');
  }
  return { withoutProof, binding, nonce, proof: bytes };
}

/** One character for each byte: nothing that is not UTF-8 is merged or lost before it is signed. */
function textOf(message: Buffer): string {
  if (message.length === 0) throw malformed('The message is empty.');
  if (message.includes(0)) throw malformed('Message length does not match input length.');
  return message.toString('latin1');
}

function malformed(detail?: string): ProtocolError {
  return new ProtocolError('malformed SCRAM message', detail === undefined ? {} : { detail });
}

function unsupported(problem: string): ProtocolError {
  return new ProtocolError(problem, { sqlState: SqlState.FeatureNotSupported });
}
