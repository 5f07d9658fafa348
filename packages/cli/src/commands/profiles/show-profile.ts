import { loadConfig, type ProfileSetting, profileSettings, selectProfile } from '@gprxy/sidecar';
import { configInput } from '../../config-input.ts';
import type { Dependencies } from '../../dependencies.ts';
import { printable } from '../../printable.ts';
import { print, printJson } from '../../say.ts';
import { alignColumns } from '../status/align-columns.ts';
import type { ShowProfileOptions } from './profiles-command.ts';

export async function showProfile(options: ShowProfileOptions, dependencies: Dependencies): Promise<void> {
  const input = configInput(dependencies);
  const config = await loadConfig(input);
  const profile = selectProfile(config, options.name ?? dependencies.env.GPRXY_PROFILE);
  const settings = profileSettings(await dependencies.readFile(config.path), profile.name);
  if (options.json) {
    return printJson(dependencies, { profile: profile.name, file: config.path, settings: settings.map(asJson) });
  }
  print(dependencies, `${profile.name}  ${config.path}`, ...alignColumns(settings.map(asRow)));
}

function asRow({ key, value, line }: ProfileSetting): string[] {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return ['', key, printable(text), line === undefined ? 'default' : `line ${line}`];
}

function asJson({ key, value, line }: ProfileSetting): object {
  return { key, value, from: line === undefined ? 'default' : 'file', line: line ?? null };
}
