import { link, readFile, rename, stat, unlink, writeFile } from 'node:fs/promises';
import * as v from 'valibot';
import type { ProcessIdentity } from './process-identity.ts';

/** What a lock file says: who holds it, under a name that is never used twice. */
export interface Claim {
  nonce: string;
  holder: ProcessIdentity;
}

/** A lock file that was found. `holder` is missing when it cannot be read: written by another version, or torn. */
export interface FoundClaim {
  nonce: string;
  holder?: ProcessIdentity;
  writtenAtMs: number;
}

const claimSchema = v.object({
  nonce: v.pipe(v.string(), v.regex(/^[\w-]{1,64}$/)),
  holder: v.object({
    host: v.string(),
    pid: v.pipe(v.number(), v.integer(), v.minValue(1)),
    startedAt: v.exactOptional(v.string()),
    boot: v.exactOptional(v.string()),
    namespace: v.exactOptional(v.string()),
  }),
});

/** Puts the claim at `path` if nothing is there. The link makes the whole file appear at once, or fails. */
export async function placeClaim(path: string, claim: Claim): Promise<boolean> {
  return withClaimFile(path, claim, (claimFile) =>
    link(claimFile, path).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'EEXIST') return false;
        throw error;
      },
    ),
  );
}

/** Puts the claim at `path` in place of whatever is there. Only for who made sure that nobody else may do so. */
export async function replaceClaim(path: string, claim: Claim): Promise<void> {
  await withClaimFile(path, claim, (claimFile) => rename(claimFile, path));
}

export async function findClaim(path: string): Promise<FoundClaim | undefined> {
  try {
    const text = await readFile(path, 'utf8');
    const { mtimeMs, ino } = await stat(path);
    const claim = v.safeParse(claimSchema, parseJson(text));
    if (!claim.success) return { nonce: `unreadable-${ino}-${Math.trunc(mtimeMs)}`, writtenAtMs: mtimeMs };
    return { ...claim.output, writtenAtMs: mtimeMs };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Takes the claim away if it is still there; one that somebody took over stays. */
export async function withdrawClaim(path: string, claim: Claim): Promise<boolean> {
  if ((await findClaim(path))?.nonce !== claim.nonce) return false;
  await unlink(path);
  return true;
}

async function withClaimFile<T>(path: string, claim: Claim, use: (claimFile: string) => Promise<T>): Promise<T> {
  const claimFile = `${path}.${claim.nonce}.claim`;
  await writeFile(claimFile, JSON.stringify(claim), { flag: 'wx', mode: 0o600 });
  try {
    return await use(claimFile);
  } finally {
    await unlink(claimFile).catch(() => undefined);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
