import { stringify } from 'smol-toml';
import { ConfigError } from './config-error.ts';
import { editConfigFile } from './edit-config-file.ts';
import { parseConfig } from './parse-config.ts';
import { tomlLines } from './toml-lines.ts';

/** Makes `name` the `default_profile` of the file; everything else stays as it is. Rejects with ConfigError if there is no such profile. */
export async function saveDefaultProfile(path: string, name: string): Promise<void> {
  await editConfigFile(path, (text) => {
    const after = withDefault(text, name);
    const { defaultProfile } = parseConfig(after, { path, homedir: '/', runtimeDirectory: '/' });
    if (defaultProfile === name) return after;
    throw new ConfigError('default_profile cannot be changed; edit the file by hand', { path });
  });
}

/** A comment behind the former value stays where it is. */
function withDefault(text: string, name: string): string {
  const row = stringify({ default_profile: name }).trimEnd();
  const rows = text.split('\n');
  const line = tomlLines(text).find(({ kind, path }) => kind === 'key' && path.join('\0') === 'default_profile');
  if (line === undefined) return `${row}\n${text}`;
  const comment = /\s*#[^"']*$/.exec(rows[line.number - 1] ?? '')?.[0] ?? '';
  rows[line.number - 1] = `${row}${comment}`;
  return rows.join('\n');
}
