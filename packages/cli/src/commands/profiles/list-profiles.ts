import { type Config, loadConfig, type Profile } from '@gprxy/sidecar';
import { configInput } from '../../config-input.ts';
import type { Dependencies } from '../../dependencies.ts';
import { printable } from '../../printable.ts';
import { print, printJson, say } from '../../say.ts';
import { lineWidth } from '../../terminal.ts';
import { upstreamAddress } from '../../upstream-address.ts';
import { tableLines } from '../status/table-lines.ts';
import type { ListProfilesOptions } from './profiles-command.ts';

export async function listProfiles(options: ListProfilesOptions, dependencies: Dependencies): Promise<void> {
  const config = await loadConfig(configInput(dependencies));
  if (options.json) return printJson(dependencies, asJson(config));
  if (config.profiles.size + config.problems.size === 0) {
    return say(dependencies, `There are no profiles in ${config.path} yet.`, 'Next: gprxy profiles add --help');
  }
  print(dependencies, ...asText(config, lineWidth(dependencies.stdout)));
  for (const problem of config.problems.values()) say(dependencies, `gprxy: warning: ${printable(problem.message)}`);
}

function asText(config: Config, width: number | undefined): readonly string[] {
  const rows = [...config.profiles.values()].map((profile) => [
    profile.name === defaultOf(config) ? '*' : '',
    profile.name,
    printable(credentialText(profile)),
    printable(upstreamText(profile)),
  ]);
  const broken = [...config.problems.keys()].map((name) => [
    name === defaultOf(config) ? '*' : '',
    printable(name),
    'cannot be used',
    '',
  ]);
  return tableLines(['', 'PROFILE', 'CREDENTIAL', 'UPSTREAM'], [...rows, ...broken], width);
}

/** What `--profile` means when nobody says it. */
function defaultOf({ defaultProfile, profiles, problems }: Config): string | undefined {
  const names = [...profiles.keys(), ...problems.keys()];
  return defaultProfile ?? (names.length === 1 ? names[0] : undefined);
}

function credentialText({ credential }: Profile): string {
  return credential.kind === 'oidc' ? credential.issuer : credential.kind;
}

/** Without the parameters: `show` has those. */
function upstreamText(profile: Profile): string {
  if (!URL.canParse(profile.upstream)) return '(not readable)';
  const { host, port } = upstreamAddress(profile);
  return `${host}:${port}`;
}

function asJson(config: Config): object {
  const chosen = defaultOf(config);
  return {
    file: config.path,
    default: chosen ?? null,
    profiles: [
      ...[...config.profiles.values()].map((profile) => ({
        name: profile.name,
        default: profile.name === chosen,
        credential: profile.credential.kind,
        issuer: 'issuer' in profile.credential ? profile.credential.issuer : null,
        upstream: upstreamText(profile),
        problem: null,
      })),
      ...[...config.problems].map(([name, { message }]) => ({
        name,
        default: name === chosen,
        credential: null,
        issuer: null,
        upstream: null,
        problem: message,
      })),
    ],
  };
}
