import { loadConfig, saveDefaultProfile, selectProfile } from '@gprxy/sidecar';
import { configInput } from '../../config-input.ts';
import type { Dependencies } from '../../dependencies.ts';
import { say } from '../../say.ts';

export async function useProfile(name: string, dependencies: Dependencies): Promise<void> {
  const config = await loadConfig(configInput(dependencies));
  selectProfile(config, name);
  await saveDefaultProfile(config.path, name);
  say(dependencies, `"${name}" is the default profile now.`);
  const { GPRXY_PROFILE: other } = dependencies.env;
  if (other && other !== name) {
    say(dependencies, `gprxy: warning: GPRXY_PROFILE is set in this shell, so "${other}" is used here all the same.`);
  }
}
