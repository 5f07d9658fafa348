import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { paths } from '@gprxy/sidecar';
import { configInput } from './config-input.ts';
import type { Dependencies } from './dependencies.ts';

export type StoreKind = 'keychain' | 'file';

/** Which store holds a profile's login: the keychain unless `login --insecure-storage` has said otherwise. */
export async function readStoreChoice(profile: string, dependencies: Dependencies): Promise<StoreKind> {
  try {
    const choice: unknown = JSON.parse(await dependencies.readFile(choiceFile(profile, dependencies)));
    return isFileChoice(choice) ? 'file' : 'keychain';
  } catch (error) {
    if (isMissing(error)) return 'keychain';
    throw error;
  }
}

export async function writeStoreChoice(profile: string, kind: StoreKind, dependencies: Dependencies): Promise<void> {
  const file = choiceFile(profile, dependencies);
  if (kind === 'keychain') return rm(file, { force: true });
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await writeFile(file, `${JSON.stringify({ version: 1, store: kind })}\n`, { mode: 0o600 });
}

/** One file a profile, so that two logins at once cannot overwrite each other's choice. */
function choiceFile(profile: string, dependencies: Dependencies): string {
  const { stateDirectory } = paths(configInput(dependencies));
  return join(stateDirectory, 'store-choice', `${encodeURIComponent(profile)}.json`);
}

function isFileChoice(choice: unknown): boolean {
  return typeof choice === 'object' && choice !== null && 'store' in choice && choice.store === 'file';
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
