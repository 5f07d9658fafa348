import { lstat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { CredentialSettings } from '@gprxy/credentials';
import { paths } from '@gprxy/sidecar';
import { CliError } from '../../../cli-error.ts';
import { configInput } from '../../../config-input.ts';
import { type Finding, ok, warning } from '../check.ts';
import type { SetUp } from '../set-up.ts';
import { octal, requireUsable } from './usable-directory.ts';

/** Bits of a mode that let others in. */
const reading = 0o044;
const writing = 0o022;
const anything = 0o077;
/** Of a directory such as /tmp, where people leave each other's files alone. */
const sticky = 0o1000;

/**
 * Whether gprxy can write where it keeps things, and who else can read what is secret, or change where it is sent. POSIX only: on Windows
 * the user's folder keeps others out.
 */
export async function checkFiles({ profile, dependencies }: SetUp): Promise<Finding> {
  if (dependencies.platform === 'win32') return ok('in the folder of the user');
  const { configFile, stateDirectory, runtimeDirectory, lockDirectory, passwordFile } = paths(
    configInput(dependencies),
  );
  const directories = [lockDirectory, join(stateDirectory, 'logins'), runtimeDirectory];
  for (const directory of [stateDirectory, ...directories]) await requireUsable(directory, dependencies.uid);
  for (const directory of directories) await requireOwn(directory, anything, 'chmod 700');
  const { credential, via } = await profile();
  const secrets = [...secretFiles(credential), via?.sshKeyFile, via?.passwordFile].filter((path) => path !== undefined);
  for (const file of [...secrets, passwordFile]) await requireOwn(file, reading | writing, 'chmod 600');
  return (await warningOf(configFile, dependencies)) ?? ok('only you can read what is secret');
}

async function warningOf(configFile: string, { env, uid }: SetUp['dependencies']): Promise<Finding | undefined> {
  for (const path of [dirname(configFile), configFile]) {
    const mode = (await modeOf(path)) ?? 0;
    if (mode & writing && !(mode & sticky)) {
      return warning(`${path} can be changed by other users`, `Run "chmod go-w '${path}'".`);
    }
  }
  // A file with a place of its own may well be somebody else's to change.
  if (env.GPRXY_CONFIG) return undefined;
  return requireUsable(dirname(configFile), uid).then(
    () => undefined,
    ({ message, hint }: CliError) => warning(`${message}: no profile can be added or changed`, hint ?? ''),
  );
}

async function requireOwn(path: string, forbidden: number, mend: string): Promise<void> {
  const mode = await modeOf(path);
  if (mode === undefined || (mode & forbidden) === 0) return;
  throw new CliError(`${path} is open to other users (mode ${octal(mode)})`, {
    code: 'ERR_STORE_FAILED',
    hint: `Run "${mend} '${path}'".`,
  });
}

/** Undefined where there is nothing yet. */
function modeOf(path: string): Promise<number | undefined> {
  return lstat(path).then(
    ({ mode }) => mode,
    () => undefined,
  );
}

/** The files with secrets that a profile names. A workload's token file belongs to whoever runs the machine. */
function secretFiles(credential: CredentialSettings): readonly string[] {
  if (credential.kind === 'password' && credential.password.kind === 'file') return [credential.password.path];
  if (credential.kind !== 'client-credentials') return [];
  const { authentication } = credential;
  if (authentication.kind === 'private-key') return [authentication.path];
  return authentication.kind === 'secret' && authentication.secret.kind === 'file' ? [authentication.secret.path] : [];
}
