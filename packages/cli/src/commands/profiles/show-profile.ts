import { loadConfig, type ProfileSetting, profileSettings, selectProfile } from '@gprxy/sidecar';
import { configInput } from '../../config-input.ts';
import type { Dependencies } from '../../dependencies.ts';
import { printable } from '../../printable.ts';
import { print, printJson } from '../../say.ts';
import { lineWidth } from '../../terminal.ts';
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
  const rows = alignColumns(settings.map(asRow));
  const width = lineWidth(dependencies.stdout) ?? Number.POSITIVE_INFINITY;
  const fits = rows.every((row) => row.length <= width);
  print(dependencies, `${profile.name}  ${config.path}`, ...(fits ? rows : settings.flatMap(asBlock)));
}

function asRow({ key, value, line }: ProfileSetting): string[] {
  return ['', key, textOf(value), line === undefined ? 'default' : `line ${line}`];
}

/** Where the terminal is too narrow for rows. */
function asBlock(setting: ProfileSetting): string[] {
  const [, key, text, from] = asRow(setting);
  return [`  ${key} (${from})`, `    ${text}`];
}

function textOf(value: ProfileSetting['value']): string {
  return printable(typeof value === 'string' ? value : JSON.stringify(value));
}

function asJson({ key, value, line }: ProfileSetting): object {
  return { key, value, from: line === undefined ? 'default' : 'file', line: line ?? null };
}
