import type { Adapter, AdapterFactory, AdapterPayload } from 'oidc-provider';

interface Entry {
  model: string;
  id: string;
  payload: AdapterPayload;
  expiresAt: number;
}

/** For so long a provider still knows that a code has expired (`expired_token`); after that it knows no such code. */
const EXPIRED_CODE_SECONDS = 600;

/** Keeps what the provider issues in memory, for as long as the returned factory lives: also when its keys change. */
export function createStorage(): AdapterFactory {
  const entries = new Map<string, Entry>();
  return (model) => new StorageAdapter(model, entries);
}

class StorageAdapter implements Adapter {
  readonly #model: string;
  readonly #entries: Map<string, Entry>;

  constructor(model: string, entries: Map<string, Entry>) {
    this.#model = model;
    this.#entries = entries;
  }

  async upsert(id: string, payload: AdapterPayload, expiresInSeconds?: number): Promise<void> {
    const keptSeconds =
      expiresInSeconds && expiresInSeconds + (this.#model === 'DeviceCode' ? EXPIRED_CODE_SECONDS : 0);
    const expiresAt = keptSeconds ? Date.now() + keptSeconds * 1000 : Number.POSITIVE_INFINITY;
    this.#entries.set(`${this.#model}:${id}`, { model: this.#model, id, payload, expiresAt });
  }

  async find(id: string): Promise<AdapterPayload | undefined> {
    const entry = this.#entries.get(`${this.#model}:${id}`);
    return entry && entry.expiresAt > Date.now() ? entry.payload : undefined;
  }

  findByUserCode(userCode: string): Promise<AdapterPayload | undefined> {
    return this.#findWhere((payload) => payload.userCode === userCode);
  }

  findByUid(uid: string): Promise<AdapterPayload | undefined> {
    return this.#findWhere((payload) => payload.uid === uid);
  }

  async consume(id: string): Promise<void> {
    const payload = await this.find(id);
    if (payload) payload.consumed = Math.floor(Date.now() / 1000);
  }

  async destroy(id: string): Promise<void> {
    this.#entries.delete(`${this.#model}:${id}`);
  }

  async revokeByGrantId(grantId: string): Promise<void> {
    for (const [key, entry] of this.#entries) if (entry.payload.grantId === grantId) this.#entries.delete(key);
  }

  async #findWhere(matches: (payload: AdapterPayload) => boolean): Promise<AdapterPayload | undefined> {
    for (const entry of this.#entries.values()) {
      if (entry.model === this.#model && matches(entry.payload)) return this.find(entry.id);
    }
    return undefined;
  }
}
