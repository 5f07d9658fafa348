import { CliError } from '../../../cli-error.ts';
import { type Finding, ok } from '../check.ts';
import type { SetUp } from '../set-up.ts';

const variables = ['https_proxy', 'http_proxy', 'no_proxy'] as const;

/** Proxies are for the identity provider; a proxy that somebody forgot about is behind many a provider out of reach. */
export async function checkProxies({ dependencies }: SetUp): Promise<Finding> {
  const settings = variables.flatMap((variable) => {
    const name = dependencies.env[variable] ? variable : variable.toUpperCase();
    const value = dependencies.env[name];
    return value ? [variable === 'no_proxy' ? `${name}=${value}` : `${name}=${withoutPassword(name, value)}`] : [];
  });
  if (settings.length === 0) return ok('none in the environment');
  return ok(`for the identity provider: ${settings.join(', ')}`);
}

/** The value may hold a password, so it is told only as far as it can be taken apart. */
function withoutPassword(name: string, value: string): string {
  if (!URL.canParse(value) || !/^https?:$/.test(new URL(value).protocol)) {
    throw new CliError(`${name} is not the URL of a proxy`, {
      code: 'ERR_CONFIG_PROXY',
      hint: `Set ${name}=http://host:port, or run "unset ${name}".`,
    });
  }
  const { protocol, host, username } = new URL(value);
  return `${protocol}//${username === '' ? '' : '***@'}${host}`;
}
