import { orAborted } from '../abort.ts';
import { checksum, decodeHead, encodeHead, type Head, otherSlot, type Slot, splitText } from './keychain-entry.ts';
import { keychainFailure, keychainLocked } from './keychain-failure.ts';
import { GuardedKeytar, type Keytar, requireKeytar } from './keytar.ts';
import { KeytarApart } from './keytar-apart.ts';
import { parseLogin, type StoredLogin, serializeLogin } from './stored-login.ts';
import { probeLimitMs, type TokenStore } from './token-store.ts';
import { isKeyringUnlocked } from './unlocked-keyring.ts';
import { DamagedLogin, NewerLogin } from './unreadable-login.ts';

export interface KeychainStoreOptions {
  /** The keychain's service name, `gprxy` outside of tests. */
  service: string;
  /** The profile that its errors tell to sign in again; the default one when absent. */
  account?: string;
  /** Linux: where the session's keyring is, as in DBUS_SESSION_BUS_ADDRESS. */
  sessionBus?: string;
  /** Replaces the native module in tests. */
  loadKeytar?: () => Keytar;
  /** What one entry holds; the platform's limit unless a test says otherwise. */
  entryBytes?: number;
  /** For every call into the keychain. */
  callLimitMs?: number;
}

/** Windows: CRED_MAX_CREDENTIAL_BLOB_SIZE is 2,560 bytes. Elsewhere one entry, hence at most one prompt, is the aim. */
const platformEntryBytes = process.platform === 'win32' ? 2_560 : 65_536;

/** An entry of our own that is always there once the keychain worked: a locked keyring answers "no such entry". */
const marker = { entry: 'gprxy:marker', value: 'this keychain answers' };

/** The operating system's keychain: libsecret, macOS Keychain, Windows Credential Manager. */
export function createKeychainStore(options: KeychainStoreOptions): TokenStore {
  return new KeychainStore(options);
}

class KeychainStore implements TokenStore {
  readonly kind = 'keychain';
  readonly #keychain: GuardedKeytar;
  readonly #entryBytes: number;
  readonly #limitMs: number;

  constructor(options: KeychainStoreOptions) {
    const { service, account, loadKeytar = requireKeytar } = options;
    this.#keychain = new GuardedKeytar({
      service,
      ...(account !== undefined && { account }),
      load: loadKeytar,
      isPrompt: promptness(options),
      apart: () => new KeytarApart(),
    });
    this.#entryBytes = options.entryBytes ?? platformEntryBytes;
    this.#limitMs = options.callLimitMs ?? 10_000;
  }

  probe(signal: AbortSignal): Promise<void> {
    return orAborted(this.#probe(), signal);
  }

  async read(account: string): Promise<StoredLogin | undefined> {
    // A writer in another process may replace the pieces between two of our reads; then the new head is there.
    for (let attempt = 0; attempt < 3; attempt++) {
      const value = await this.#get(headEntry(account));
      if (value === undefined) return this.#nothingUnlessLocked();
      const head = decodeHead(value);
      if (head === 'newer') throw new NewerLogin(account);
      const text = await this.#join(account, head);
      if (text !== undefined) return parseLogin(text, account);
    }
    throw new DamagedLogin(account);
  }

  async write(account: string, login: StoredLogin): Promise<void> {
    const pieces = splitText(serializeLogin(login), this.#entryBytes);
    const former = await this.#slot(account);
    const slot = otherSlot(former);
    for (const [index, piece] of pieces.entries()) {
      if (index > 0) await this.#set(pieceEntry(account, slot, index), piece);
    }
    const head = { version: 1, slot, pieces: pieces.length, sha256: checksum(pieces) } as const;
    await this.#set(headEntry(account), encodeHead({ ...head, firstPiece: pieces[0] ?? '' }));
    // What follows only tidies; killed here, the next write of the slot or the next delete does it.
    await this.#deletePieces(account, slot, pieces.length);
    await this.#deletePieces(account, otherSlot(slot), 1);
  }

  async delete(account: string): Promise<boolean> {
    const existed = await this.#keychain.delete(headEntry(account), this.#limitMs);
    if (!existed) await this.#nothingUnlessLocked();
    await this.#deletePieces(account, 'a', 1);
    await this.#deletePieces(account, 'b', 1);
    return existed;
  }

  async #probe(): Promise<void> {
    const startedAt = performance.now();
    const left = () => Math.max(1, probeLimitMs - (performance.now() - startedAt));
    await this.#keychain.set(marker.entry, marker.value, left(), 'goes on');
    const answer = await this.#keychain.get(marker.entry, left());
    if (answer === undefined) throw keychainLocked('it does not give back what was just stored');
    if (answer !== marker.value) throw keychainFailure(new Error('it gives back something else than was stored'));
  }

  async #nothingUnlessLocked(): Promise<undefined> {
    if ((await this.#get(marker.entry)) === undefined) await this.#probe();
    return undefined;
  }

  async #slot(account: string): Promise<Slot | undefined> {
    const value = await this.#get(headEntry(account));
    const head = value === undefined ? undefined : decodeHead(value);
    return head === 'newer' ? undefined : head?.slot;
  }

  async #join(account: string, head: Head | undefined): Promise<string | undefined> {
    if (head === undefined) return undefined;
    const pieces = [head.firstPiece];
    for (let index = 1; index < head.pieces; index++) {
      const piece = await this.#get(pieceEntry(account, head.slot, index));
      if (piece === undefined) return undefined;
      pieces.push(piece);
    }
    return checksum(pieces) === head.sha256 ? pieces.join('') : undefined;
  }

  /** Pieces are without gaps: written upwards, deleted downwards. A kill in between leaves none that is not found again. */
  async #deletePieces(account: string, slot: Slot, from: number): Promise<void> {
    let end = from;
    while ((await this.#get(pieceEntry(account, slot, end))) !== undefined) end++;
    while (end-- > from) await this.#keychain.delete(pieceEntry(account, slot, end), this.#limitMs);
  }

  #get(entry: string): Promise<string | undefined> {
    return this.#keychain.get(entry, this.#limitMs);
  }

  #set(entry: string, value: string): Promise<void> {
    return this.#keychain.set(entry, value, this.#limitMs);
  }
}

/** On macOS and Windows it cannot be asked for: a dialog there may hold the process. */
function promptness({ sessionBus, loadKeytar }: KeychainStoreOptions): () => Promise<boolean> {
  if (process.platform !== 'linux' || loadKeytar !== undefined) return async () => true;
  return async () => sessionBus !== undefined && isKeyringUnlocked(sessionBus);
}

/** The colon is ours: no profile's name may reach another one's pieces, or the marker. */
function headEntry(account: string): string {
  return account.replace(/[%:]/g, encodeURIComponent);
}

function pieceEntry(account: string, slot: Slot, index: number): string {
  return `${headEntry(account)}:${slot}:${index}`;
}
