import { loadConfig, selectProfile } from '@gprxy/sidecar';
import { configInput } from './config-input.ts';
import type { Dependencies } from './dependencies.ts';

/** What to type where a sidecar is missed; `then` goes on where starting one is what helps: without any profile it could not start. */
export async function startHint(dependencies: Dependencies, then = '.'): Promise<string> {
  return (await firstProfileHint(dependencies)) ?? `Run "gprxy start --detach"${then}`;
}

/** Undefined where a profile is there, or the file is wrong: "gprxy start" tells that with its place. */
async function firstProfileHint(dependencies: Dependencies): Promise<string | undefined> {
  const config = await loadConfig(configInput(dependencies)).catch(() => undefined);
  if (config === undefined || config.profiles.size + config.problems.size > 0) return undefined;
  try {
    selectProfile(config);
  } catch (error) {
    return (error as { hint?: string }).hint;
  }
  return undefined;
}
