import { MessageType } from './message-type.ts';
import { Reader } from './reader.ts';
import { message, string } from './writer.ts';

/** The fields of ErrorResponse and NoticeResponse (protocol chapter, "Error and Notice Message Fields"). */
export interface ErrorFields {
  severity: string;
  severityNonLocalized?: string;
  /** SQLSTATE. Some poolers leave it out. */
  code?: string;
  message: string;
  detail?: string;
  hint?: string;
  position?: string;
  internalPosition?: string;
  internalQuery?: string;
  where?: string;
  schema?: string;
  table?: string;
  column?: string;
  dataType?: string;
  constraint?: string;
  file?: string;
  line?: string;
  routine?: string;
  /** Fields of a later protocol, by their letter: kept, so that they can be passed on. */
  unknown?: ReadonlyMap<string, string>;
}

type FieldName = Exclude<keyof ErrorFields, 'unknown'>;

/** In the order in which PostgreSQL sends them. */
const FIELDS: ReadonlyMap<string, FieldName> = new Map([
  ['S', 'severity'],
  ['V', 'severityNonLocalized'],
  ['C', 'code'],
  ['M', 'message'],
  ['D', 'detail'],
  ['H', 'hint'],
  ['P', 'position'],
  ['p', 'internalPosition'],
  ['q', 'internalQuery'],
  ['W', 'where'],
  ['s', 'schema'],
  ['t', 'table'],
  ['c', 'column'],
  ['d', 'dataType'],
  ['n', 'constraint'],
  ['F', 'file'],
  ['L', 'line'],
  ['R', 'routine'],
]);

export function encodeErrorResponse(fields: ErrorFields): Buffer {
  return message(MessageType.ErrorResponse, encodeFields(fields));
}

export function encodeNoticeResponse(fields: ErrorFields): Buffer {
  return message(MessageType.NoticeResponse, encodeFields(fields));
}

function encodeFields(fields: ErrorFields): Buffer {
  const encoded: Buffer[] = [];
  for (const [letter, name] of FIELDS) {
    const value = fields[name];
    if (value !== undefined) encoded.push(string(letter + value));
  }
  for (const [letter, value] of fields.unknown ?? []) encoded.push(string(letter + value));
  return Buffer.concat([...encoded, string('')]);
}

/**
 * Decodes the body of an ErrorResponse or a NoticeResponse. Before a session has an encoding, a server may send text
 * that is not UTF-8: such characters are replaced, since a garbled reason is better than none.
 *
 * @throws {ProtocolError} for a field without an end, or a list without one
 */
export function decodeErrorFields(body: Buffer): ErrorFields {
  const reader = new Reader(body, 'ErrorResponse');
  const fields: ErrorFields = { severity: 'ERROR', message: '' };
  const unknown = new Map<string, string>();
  for (let type = reader.uint8(); type !== 0; type = reader.uint8()) {
    const letter = String.fromCharCode(type);
    const name = FIELDS.get(letter);
    if (name) fields[name] = reader.text();
    else unknown.set(letter, reader.text());
  }
  reader.end();
  return unknown.size > 0 ? { ...fields, unknown } : fields;
}
