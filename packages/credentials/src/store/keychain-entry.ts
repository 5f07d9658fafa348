import { createHash } from 'node:crypto';
import { isLaterVersion } from './stored-login.ts';

/**
 * How one login becomes keychain entries that each fit the platform's limit.
 *
 * The head, under the account's own name, is a line of JSON and the first piece; it alone says which slot (`a` or `b`)
 * holds the others. A writer fills the slot that is not in use and then replaces the head: the one write that counts.
 */
export interface Head {
  version: 1;
  slot: Slot;
  /** Pieces in all, the head's own included. */
  pieces: number;
  /** Of the whole text, so that a reader notices a writer that overtook it. */
  sha256: string;
  firstPiece: string;
}

export type Slot = 'a' | 'b';

export function otherSlot(slot: Slot | undefined): Slot {
  return slot === 'a' ? 'b' : 'a';
}

/** Room for the head's line of JSON. */
const headLineBytes = 160;

/** ASCII only, so that bytes are characters and no piece ends inside of one. */
export function splitText(text: string, entryBytes: number): string[] {
  const ascii = text.replace(/[^\x20-\x7e]/g, escapeCharacter);
  const pieces = [ascii.slice(0, entryBytes - headLineBytes)];
  for (let at = entryBytes - headLineBytes; at < ascii.length; at += entryBytes) {
    pieces.push(ascii.slice(at, at + entryBytes));
  }
  return pieces;
}

/** The text is JSON, where any character outside of a string's quotes is ASCII already. */
function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

export function checksum(pieces: readonly string[]): string {
  return createHash('sha256').update(pieces.join('')).digest('base64url');
}

export function encodeHead(head: Head): string {
  const { firstPiece, ...line } = head;
  return `${JSON.stringify(line)}\n${firstPiece}`;
}

/** `undefined` for anything that `encodeHead` did not write; `newer` for what only a later version of it can have. */
export function decodeHead(value: string): Head | 'newer' | undefined {
  const end = value.indexOf('\n');
  if (end < 0) return undefined;
  try {
    const line = JSON.parse(value.slice(0, end)) as Partial<Head> | null;
    if (isHeadLine(line)) return { ...line, firstPiece: value.slice(end + 1) };
    return isLaterVersion(line) ? 'newer' : undefined;
  } catch {
    return undefined;
  }
}

function isHeadLine(line: Partial<Head> | null): line is Omit<Head, 'firstPiece'> {
  if (line?.version !== 1 || (line.slot !== 'a' && line.slot !== 'b')) return false;
  const { pieces, sha256 } = line;
  return (
    Number.isInteger(pieces) && (pieces as number) >= 1 && (pieces as number) <= 4096 && typeof sha256 === 'string'
  );
}
