import { parseTemplate, type Template } from '../identity/template.ts';
import type { CheckedFile } from './read-file.ts';
import { tryTemplate } from './rules.ts';

/** Settings that the gateway makes at login, and the namespaces (`app` of `app.user`) that are its own because of them. */
export interface ClaimSettings {
  readonly settings: ReadonlyMap<string, Template>;
  readonly namespaces: ReadonlySet<string>;
}

const DEFAULTS: Readonly<Record<string, string>> = {
  'app.user': '{name}',
  'app.user_id': '{sub}',
  'app.email': '{email}',
  'app.roles': '{roles}',
  'app.tenant_id': '{tenant_id}',
  'app.org_id': '{org_id}',
};

/** Names that are valid custom settings for PostgreSQL: anything else could be a setting of the server itself. */
const CUSTOM_SETTING = /^[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)+$/;

export function readClaimSettings(file: CheckedFile): ClaimSettings {
  const settings = new Map<string, Template>();
  for (const [name, text] of Object.entries(file.table.settings ?? DEFAULTS)) {
    const refuse = (problem: string) => file.fail(['settings', name], problem);
    if (!CUSTOM_SETTING.test(name)) refuse('must be a name such as "app.user": lower case, with a dot in it');
    if (name.startsWith('gprxy.')) refuse('is in the namespace "gprxy", which is reserved');
    settings.set(name, parseTemplate(text) ?? tryTemplate(text, refuse));
  }
  const namespaces = new Set(['app', 'gprxy', ...Array.from(settings.keys(), namespaceOf)]);
  return { settings, namespaces };
}

/** `app` of `app.user`; for a setting without a dot the whole name. */
export function namespaceOf(setting: string): string {
  return setting.toLowerCase().split('.', 1)[0] ?? '';
}
