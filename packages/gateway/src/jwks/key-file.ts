import { createHash } from 'node:crypto';
import { mkdir, open, readFile, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { JSONWebKeySet } from 'jose';
import { toKeySet } from './fetch-keys.ts';

export interface StoredKeys {
  readonly jwks: JSONWebKeySet;
  /** Epoch milliseconds. */
  readonly fetchedAt: number;
}

/** Where the last good keys of one issuer outlive a restart. */
export interface KeyFile {
  /** `undefined` when there is none that can be trusted. */
  read(): Promise<StoredKeys | undefined>;
  write(keys: StoredKeys): Promise<void>;
}

/** Whoever can write this file can log in as anybody, so one that others can write to is not read. */
export function createKeyFile(directory: string, issuer: string): KeyFile {
  const name = createHash('sha256').update(issuer).digest('hex').slice(0, 32);
  const path = join(directory, `jwks-${name}.json`);
  return {
    async read() {
      if (!(await isOwnersOnly(path))) return undefined;
      const document = parse(await readFile(path, 'utf8'));
      const jwks = toKeySet(document?.jwks);
      if (document?.issuer !== issuer || typeof document.fetchedAt !== 'number' || !jwks) return undefined;
      return { jwks, fetchedAt: document.fetchedAt };
    },
    async write({ jwks, fetchedAt }) {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      const temporary = `${path}.${process.pid}`;
      const file = await open(temporary, 'w', 0o600);
      try {
        await file.writeFile(JSON.stringify({ version: 1, issuer, fetchedAt, jwks }));
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, path);
    },
  };
}

async function isOwnersOnly(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile()) return false;
  const isOwn = process.getuid === undefined || found.uid === process.getuid();
  return isOwn && (found.mode & 0o022) === 0;
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
